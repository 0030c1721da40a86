import tseslint from "typescript-eslint";

// Strict and type-aware: a forgotten `await` or an unsafe `any` is an error, not a matter of taste.
export default tseslint.config(
  { ignores: ["**/node_modules", "**/dist", "**/target", "**/build", ".tributary", "**/*.mjs"] },
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
      // Left out of a copy by name, so that nothing else has to be.
      "@typescript-eslint/no-unused-vars": ["error", { ignoreRestSiblings: true }],
      eqeqeq: "error",
    },
  },
  {
    // Nest takes classes that hold nothing but their decorators, and options as plain objects where it declares classes.
    files: ["service/**"],
    rules: {
      "@typescript-eslint/no-extraneous-class": ["error", { allowWithDecorator: true }],
      "@typescript-eslint/no-unsafe-class-instance-assignment": "off",
    },
  },
  {
    // Tests look at what comes over the wire, and at what must not happen.
    files: ["tests/**", "service/test/**"],
    rules: {
      "@typescript-eslint/no-unnecessary-condition": "off",
      "@typescript-eslint/restrict-template-expressions": "off",
      "@typescript-eslint/unbound-method": "off",
    },
  },
);
