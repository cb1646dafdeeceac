import Foundation

/// `docs/vectors/`: what clients in other languages are tested with. The files are written from the code (`ORGE_WRITE_VECTORS=1`), and tests compare them
/// with what the code writes now, so that neither changes alone.
package enum GoldenVectors {
    /// How to write a file again whose test fails.
    package static let remedy = "a file of docs/vectors is not what the code writes: ORGE_WRITE_VECTORS=1 swift test --filter Vector"

    /// The content of a file; with `ORGE_WRITE_VECTORS` set the file is first written.
    package static func stored<Content: Codable>(_ name: String, writing content: Content) throws -> Content {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/vectors/\(name).json").standardized
        if ProcessInfo.processInfo.environment["ORGE_WRITE_VECTORS"] != nil {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            try (try encoder.encode(content) + Data("\n".utf8)).write(to: file)
        }
        return try JSONDecoder().decode(Content.self, from: Data(contentsOf: file))
    }
}

/// Bytes as hexadecimal digits without spaces.
package enum Hex {
    package static func text(_ bytes: some Sequence<UInt8>) -> String { bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined() }

    /// - Precondition: an even number of hexadecimal digits.
    package static func bytes(_ text: String) -> [UInt8] {
        let digits = text.map { digit in
            guard let value = digit.hexDigitValue else { preconditionFailure("\(digit) is no hexadecimal digit") }
            return UInt8(value)
        }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}
