import OrgeSchema
import Testing

@testable import OrgeJournal

@Suite("CRC-32C")
struct CRC32CTests {
    @Test("gives the published values")
    func vectors() {
        #expect(CRC32C.checksum(Array("123456789".utf8)) == 0xe306_9283)
        #expect(CRC32C.checksum([UInt8](repeating: 0, count: 32)) == 0x8a91_36aa)
        #expect(CRC32C.checksum([UInt8](repeating: 0xff, count: 32)) == 0x62a8_ab43)
        #expect(CRC32C.checksum((0..<32).map { UInt8($0) }) == 0x46dd_794e)
        #expect(CRC32C.checksum([]) == 0)
    }

    @Test("sixteen bytes a step give what one bit a step gives, wherever a range begins and ends", arguments: 0..<20)
    func slicing(seed: UInt64) {
        var random = RandomSource(seed: seed)
        let bytes = (0..<random.within(0...200)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        let start = random.below(bytes.count + 1)
        let range = start..<random.within(start...bytes.count)
        #expect(CRC32C.checksum(bytes, in: range) == Self.bitwise(bytes[range]))
    }

    private static func bitwise(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        var register: UInt32 = 0xffff_ffff
        for byte in bytes {
            register ^= UInt32(byte)
            for _ in 0..<8 { register = register & 1 == 1 ? register >> 1 ^ 0x82f6_3b78 : register >> 1 }
        }
        return ~register
    }
}
