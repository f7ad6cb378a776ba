import type { ASTNode } from "@marcbachmann/cel-js";

/** How many nodes a tree has: what it costs to go through it once. */
export function treeSize(tree: unknown): number {
  if (Array.isArray(tree)) return tree.reduce((sum: number, part) => sum + treeSize(part), 0);
  if (typeof tree !== "object" || tree === null || !("op" in tree)) return 0;
  return 1 + treeSize((tree as ASTNode).args);
}
