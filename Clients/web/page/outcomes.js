// Outcomes and rows as one line of text.

import { valueText } from "../client/text.js"

/** What became of commands that get no outcome. */
const SETTLED = {
    unknown: "unknown: it may have run or not",
    tooOld: "it ran or was refused, and the server does not remember which any more",
    expired: "expired: the session ended before it ran",
    notRun: "it did not run: the world lost the end of its history",
    unsent: "not sent",
}

export const rowText = (fields, value) => fields.map((field) => `${field.name} ${valueText(field, value[field.name])}`).join(", ")

export function outcomeText(outcome, fields) {
    const tick = outcome.repeated ?? outcome.tick
    const mark = outcome.repeated === undefined ? "" : ", repeated"
    if (outcome.status === "applied") return `applied in tick ${tick}${mark}${fields.length > 0 ? `: ${rowText(fields, outcome.result)}` : ""}`
    if (outcome.status === "refused") return ["refused", outcome.code, outcome.field, outcome.reason].filter(Boolean).join(" · ")
    return outcome.reason ?? SETTLED[outcome.status] ?? outcome.status
}
