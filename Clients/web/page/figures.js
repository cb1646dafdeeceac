// Figures of the connection and the view.

export const bytesText = (count) => (count < 1_000 ? `${Math.round(count)} B/s` : `${(count / 1_000).toFixed(1)} kB/s`)
/** Digits in groups of three. */
export const grouped = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, "\u202f")

/** [name, text] pairs. `session` may be null; `dilation` is in permille. */
export function figuresOf({ session, stats, reconnects, auditText, dilation }) {
    const lines = [
        ["tick", grouped(session?.tick ?? 0n)],
        ["latency", stats.latency === null ? "–" : `${stats.latency.toFixed(1)} ms`],
        ["rows in view", grouped(stats.rows)],
        ["entities", grouped(stats.entities)],
        ["updates", `${stats.updatesPerSecond.toFixed(1)} /s`],
        ["received", bytesText(stats.bytesInPerSecond)],
        ["sent", bytesText(stats.bytesOutPerSecond)],
        ["incarnation", session?.incarnation ? String(session.incarnation) : "–"],
        ["reconnects", String(reconnects)],
        ["audit", auditText],
    ]
    if (dilation !== 1_000) lines.push(["time runs at", `${(dilation / 10).toFixed(0)} %`])
    return lines
}
