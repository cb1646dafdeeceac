import OrgeSchema

/// One decoder or machine under fire: any bytes may come in, and a broken promise traps.
///
/// The same targets are run by libFuzzer (`make soak`), and over the kept inputs in `Fuzz/corpus/NAME` by `swift test`.
package struct FuzzTarget: Sendable {
    package let name: String
    package let run: @Sendable ([UInt8]) -> Void
    /// Well-formed inputs to begin from: a fuzzer finds the way from one valid frame to its neighbours much faster than from nothing.
    package let seeds: @Sendable () -> [[UInt8]]

    /// The bytes are a script for a machine: any of them are well-formed, and a walk costs milliseconds.
    package let isScript: Bool

    package init(
        _ name: String, isScript: Bool = false, seeds: @escaping @Sendable () -> [[UInt8]] = { [] }, run: @escaping @Sendable ([UInt8]) -> Void
    ) {
        self.name = name
        self.isScript = isScript
        self.seeds = seeds
        self.run = run
    }

    package static func named(_ name: String) -> FuzzTarget? { all.first { $0.name == name } }
}

extension FuzzTarget {
    /// A decoder whose values can be written again: what is read, written and read once more must be the same value.
    static func roundTrip<Value: Equatable & SendableMetatype>(
        _ name: String, limit: Int, seeds: @escaping @Sendable () -> [[UInt8]] = { [] },
        decode: @escaping @Sendable ([UInt8]) throws(DecodeError) -> Value, encode: @escaping @Sendable (Value) -> [UInt8]
    ) -> FuzzTarget {
        FuzzTarget(name, seeds: seeds) { bytes in
            // A frame over its limit never reaches the decoder: the stream's cutter refuses it by its size.
            guard bytes.count <= limit, let value = accepted(bytes, decode) else { return }
            let written = encode(value)
            precondition(accepted(written, decode) == value, "\(name): \(value) was written as \(written), which reads as something else")
        }
    }

    /// The value, or nil when the bytes are refused; an error's offset must lie in the input, so that the message can show the place.
    static func accepted<Value>(_ bytes: [UInt8], _ decode: ([UInt8]) throws(DecodeError) -> Value) -> Value? {
        do throws(DecodeError) {
            return try decode(bytes)
        } catch {
            precondition((0...bytes.count).contains(error.offset), "\(error) lies outside of \(bytes.count) bytes")
            return nil
        }
    }
}
