// Elements, made without markup: what a page told us can never become part of the panel's own structure.

export type Child = Node | string | false | undefined;

export const make = (tag: string, attributes: Record<string, string> = {}, ...children: Child[]): HTMLElement => {
  const made = document.createElement(tag);
  Object.keys(attributes).forEach((name) => made.setAttribute(name, attributes[name]));
  fill(made, children);
  return made;
};

/** Instead of what was in it. */
export const fill = (element: Element, children: Child[]): void => {
  element.textContent = "";
  children.forEach((child) => child && element.append(child));
};
