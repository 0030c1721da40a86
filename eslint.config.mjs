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
      // With noUncheckedIndexedAccess, `!` is how code says what it has just made sure of.
      "@typescript-eslint/no-non-null-assertion": "off",
      // An interface may ask for a promise that one of its implementations has at hand.
      "@typescript-eslint/require-await": "off",
      eqeqeq: "error",
    },
  },
  {
    // Tests look at what comes over the wire, and at what must not happen.
    files: ["tests/**"],
    rules: {
      "@typescript-eslint/no-unnecessary-condition": "off",
      "@typescript-eslint/restrict-template-expressions": "off",
      "@typescript-eslint/unbound-method": "off",
    },
  },
);
