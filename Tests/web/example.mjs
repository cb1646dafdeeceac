// The ```hex NAME blocks of docs/protocol.md as bytes, without comments and without the size that only raw-tcp has.

import { readFileSync } from "node:fs"
import { fromHex } from "../../Clients/web/client/bytes.js"

const page = readFileSync(new URL("../../docs/protocol.md", import.meta.url), "utf8")

export const blocks = Object.fromEntries([...page.matchAll(/```hex (\S+)\n(.*?)```/gs)].map(([, name, body]) => {
    const hex = body.replace(/;.*/g, "").replace(/\s+/g, "")
    return [name, fromHex(hex.slice(8))]
}))
