import { fileURLToPath } from "node:url";

const SRC = fileURLToPath(new URL("../../src/", import.meta.url));

/**
 * Rules on what V8 makes garbage of that stays: it puts some functions among the old objects, where they keep all that they
 * refer to until the next full collection, which everything waits for. Two such functions in what runs for each probe were
 * three fifths of what grew old there; here they are found before any profile is taken.
 */
const plugin: Deno.lint.Plugin = {
  name: "garbage",
  rules: {
    /** A function that is written right where it is assigned to a property: V8 takes it for a class's method. */
    "assigned-function": {
      create: (context) => {
        if (!isShipped(context)) return {};
        const report = (node: Deno.lint.Node) =>
          context.report({
            node,
            message: "a function that is written where it is assigned to a property is old from the start",
            hint: "give it a name first, or hand it to a constructor",
          });
        return {
          "AssignmentExpression[left.type='MemberExpression'][right.type='ArrowFunctionExpression']": report,
          "AssignmentExpression[left.type='MemberExpression'][right.type='FunctionExpression']": report,
        };
      },
    },
    /** A getter or setter of an object literal: each such object has a hidden class of its own. */
    "literal-accessor": {
      create: (context) => {
        if (!isShipped(context)) return {};
        return {
          "ObjectExpression > Property[kind=/^[gs]et$/]": (node: Deno.lint.Node) =>
            context.report({
              node,
              message: "an accessor in an object literal makes a hidden class for each object",
              hint: "write a class",
            }),
        };
      },
    },
  },
};

/** Whether this is Bunny's own code, not what tests or builds it. */
function isShipped({ filename }: Deno.lint.RuleContext): boolean {
  return filename.startsWith(SRC);
}

export default plugin;
