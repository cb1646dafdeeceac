import OrgeSchema

/// The constants of wire version 2; `docs/protocol.md` is their specification.
package enum Wire {
    /// "ORGE".
    package static let magic: UInt32 = 0x4f52_4745
    package static let oldestVersion: UInt16 = 2
    package static let newestVersion: UInt16 = 2
    /// The session index of every frame that has one: a connection has one session in this version.
    package static let onlySession: UInt8 = 0
    package static let defaultPort: UInt16 = 9512
}

/// How much of anything is taken from a peer or sent to one.
package enum WireLimits {
    /// Bytes of type and body of a frame from a client: the largest command, and what one connection can make the server hold unread.
    package static let clientFrameBytes = 16 * 1024
    /// Bytes of type and body of a frame from the server: bounds a client's buffer. Updates and audits are split, schema documents fit.
    package static let serverFrameBytes = 256 * 1024
    /// Bytes of the name of an account or a world: it fits a line of a status table.
    package static let nameBytes = 32
    /// Bytes of a program's name and version.
    package static let softwareBytes = 64
    /// Bytes of one sentence for people: reasons of refusals, closes, notices.
    package static let reasonBytes = 256
    /// Worlds in one list. 1,024 × 56 bytes fit a frame with room to spare.
    package static let worldCount = 1024
    /// Bytes of the secret that the kill frame needs.
    package static let tokenBytes = 16
    /// Extensions of one frame: some times what the frames of this version have.
    package static let extensionCount = 16
    /// Bytes of one extension: 16 of them fit a client's frame together with a credential.
    package static let extensionBytes = 512
    /// Bytes of the name of a login method.
    package static let methodBytes = 32
    /// Bytes of a credential: room for a signed token or a certificate's proof.
    package static let credentialBytes = 4096
    /// Bytes of one row in an update: what is left of a frame beside the heads of frame and entry, the row's length and its mask (a quarter byte for each
    /// field, of which each has at least one byte).
    package static let rowBytes = (serverFrameBytes - UpdateFrame.headBytes - UpdateFrame.entryHeadBytes - Varint.byteLimit) * 4 / 5
    /// Bytes of a schema document: what is left of a frame beside type and hash.
    package static let schemaBytes = serverFrameBytes - 9
}

/// The grammar of account and world names: 1 to 32 of `A–Z a–z 0–9 _ - .`. Such a name can stand in a path, a URL, a log line and a table as it is.
package func isValidName(_ name: String) -> Bool {
    let bytes = name.utf8
    guard (1...WireLimits.nameBytes).contains(bytes.count) else { return false }
    return bytes.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."): true
        default: false
        }
    }
}
