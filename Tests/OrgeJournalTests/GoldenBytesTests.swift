import OrgeSimulatedDisk
import OrgeSchema
import Testing

@testable import OrgeJournal

/// The bytes of `docs/formats/journal.md` and `docs/formats/image.md`. When one of these fails, files on disks out there are not readable any more.
@Suite("Golden bytes")
struct GoldenBytesTests {
    @Test("of a genesis")
    func genesis() {
        #expect(hex(Genesis(identity: meadow, seed: 42).encoded()) == "4f52474547454e450002000743ec8fde000000000000002a00066d6561646f77")
    }

    @Test("of a segment with its opened record and one tick")
    func segment() throws {
        let storage = SimulatedStorage()
        var writer = try storage.writeMeadow()
        try writer.append([JournalEntry(tick: 1, body: Array("inputs".utf8))])
        let bytes = try storage.read(JournalNames.segment(1))
        #expect(
            hex(bytes[..<80]) == "4f5247455345474d00030000e0abbf2c0000000000000001aebdb1a5611cee63000000000000000000000000000000000000000000000240"
                + "000000000000040000000000000000000000000000000000")
        #expect(bytes[80..<512].allSatisfy { $0 == 0 })
        #expect(
            hex(bytes[512..<576]) == "fe652d08014167b40000000f000101000000000000000001"
                + "0000000000000000000000000000000000000000000000000123456789abcdef00636f64652d3100")
        #expect(hex(bytes[576..<632]) == "9b32c27c8e139ff100000006000102000000000000000001000000000000000100000000000000000000024000000000696e707574730000")
        #expect(bytes.count == 1024 && bytes[632...].allSatisfy { $0 == 0 })
    }

    @Test("of an image")
    func image() throws {
        let storage = SimulatedStorage()
        var writer = try storage.writeMeadow()
        try writer.writeImage(tick: 0, body: Array("state".utf8))
        let bytes = try storage.read(JournalNames.image(0))
        #expect(
            hex(bytes[..<56]) == "4f524745494d41470002000009b55524aebdb1a5611cee63000000000000000000000000000000010006636f64652d31"
                + "0000000000000000")
        #expect(bytes[56..<128].allSatisfy { $0 == 0 })
        #expect(
            hex(bytes[128...]) == "0000001901000000000000000064f9ca000100066d6561646f770001000000000000000000000000000000000a020000"
                + "00000000013150f8200004626f6479000100000000000503000000000000023ce40f2c73746174650000000804000000"
                + "00000003caca011600000000000000000000001405000000000000041cc4cde900000001000000000000000000000000"
                + "00000000")
    }

    private func hex(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { byte in
            let digits = String(byte, radix: 16)
            return digits.utf8.count == 1 ? "0" + digits : digits
        }.joined()
    }
}
