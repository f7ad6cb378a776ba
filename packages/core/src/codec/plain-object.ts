/** Whether an object is plain: of no class, in this realm or another (theirs is another Object.prototype). */
export function isPlainObject(object: object): boolean {
  const prototype: object | null = Object.getPrototypeOf(object);
  if (prototype === Object.prototype || prototype === null) return true;
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, "isPrototypeOf");
}
