// The log: speech, outcomes and notices, with their history. It follows the newest line unless its reader has scrolled up.

import { byID, make } from "./dom.js"

/** Lines kept: some minutes of talk in a busy place; the oldest are dropped. */
const LINE_LIMIT = 300
/** Pixels from the end that still count as the end: scroll positions are fractions on some screens. */
const END_REACH = 8

export class Log {
    constructor() {
        this.list = byID("log")
        this.newer = byID("newer")
        this.unread = 0
        this.isAtEnd = true
        this.list.addEventListener("scroll", () => this.scrolled())
        this.newer.addEventListener("click", () => this.scrollToEnd())
        new ResizeObserver(() => { if (this.isAtEnd) this.scrollToEnd() }).observe(this.list)
        for (const button of document.querySelectorAll("#filters button")) button.addEventListener("click", () => this.filter(button))
        byID("grow").addEventListener("click", () => this.grow())
    }

    /** `kind` is speech or world; `tone` colours the line: good, bad, warn or none. */
    add(kind, tone, ...content) {
        this.list.append(make("li", { "data-kind": kind, "data-tone": tone }, ...content))
        while (this.list.children.length > LINE_LIMIT) this.list.firstChild.remove()
        if (this.isAtEnd) return this.scrollToEnd()
        this.unread += 1
        return this.showUnread()
    }

    clear() {
        this.list.replaceChildren()
        this.scrollToEnd()
    }

    scrolled() {
        const { list } = this
        this.isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight <= END_REACH
        if (this.isAtEnd) this.unread = 0
        this.showUnread()
    }

    scrollToEnd() {
        this.list.scrollTop = this.list.scrollHeight
        this.isAtEnd = true
        this.unread = 0
        this.showUnread()
    }

    showUnread() {
        this.newer.hidden = this.isAtEnd
        this.newer.textContent = this.unread > 0 ? `${this.unread} new ↓` : "Newest ↓"
    }

    filter(chosen) {
        for (const button of document.querySelectorAll("#filters button")) button.setAttribute("aria-pressed", String(button === chosen))
        this.list.dataset.show = chosen.dataset.show
        this.scrollToEnd()
    }

    /** On a small screen the log is a few lines high until it is opened. */
    grow() {
        const isOpen = byID("talk").classList.toggle("open")
        byID("grow").setAttribute("aria-expanded", String(isOpen))
        this.scrollToEnd()
    }
}
