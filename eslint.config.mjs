import tseslint from "typescript-eslint";

// Strict and type-aware: a forgotten `await` or an unsafe `any` is an error, not a matter of taste.
export default tseslint.config(
  { ignores: ["**/node_modules", "**/dist", "**/target", "build", ".tributary", "service", "**/*.mjs"] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "@typescript-eslint/consistent-type-imports": "off",
      // Numbers and booleans read well in messages; objects and arrays do not, and stay forbidden.
      "@typescript-eslint/restrict-template-expressions": [
        "error",
        { allowNumber: true, allowBoolean: true },
      ],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "no-console": "off",
      eqeqeq: "error",
    },
  },
);
