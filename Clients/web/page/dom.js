// Small helpers for the document.

export const byID = (id) => document.getElementById(id)

/** An element; strings among the children become text nodes, so nothing from outside is ever read as markup. Attributes that are null are left out. */
export function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag)
    for (const [name, value] of Object.entries(attributes)) {
        if (name.startsWith("on")) element.addEventListener(name.slice(2), value)
        else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value === true ? "" : value)
    }
    element.append(...children.filter((each) => each !== null && each !== undefined))
    return element
}

/** Puts the children in place of the present ones, but only where they differ: what has the focus or is scrolled stays. */
export function show(parent, ...children) {
    const fresh = make("div", {}, ...children)
    const isSame = fresh.childNodes.length === parent.childNodes.length
        && [...fresh.childNodes].every((each, index) => each.isEqualNode(parent.childNodes[index]))
    if (!isSame) parent.replaceChildren(...fresh.childNodes)
}

export const isTyping = (target) => target instanceof HTMLInputElement || target instanceof HTMLSelectElement
