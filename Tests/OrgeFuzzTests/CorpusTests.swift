import Foundation
import OrgeFuzz
import Testing

/// Inputs that once mattered, kept in `Fuzz/corpus/NAME`: crashes that were fixed, and what fuzzing found to be worth keeping.
@Suite("The kept inputs of the fuzzers")
struct CorpusTests {
    private static let corpus = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Fuzz/corpus").standardized

    private static func files(_ folder: String) throws -> [URL] {
        try FileManager.default.contentsOfDirectory(at: corpus.appending(path: folder), includingPropertiesForKeys: nil)
            .sorted { $0.lastPathComponent < $1.lastPathComponent }
    }

    @Test("break no promise of their target", arguments: FuzzTarget.all.map(\.name))
    func replay(name: String) throws {
        let target = try #require(FuzzTarget.named(name))
        let files = try Self.files(name)
        #expect(!files.isEmpty, "Fuzz/corpus/\(name) holds nothing: run Fuzz/run --seed")
        for file in files { target.run([UInt8](try Data(contentsOf: file))) }
    }

    @Test("hold for every beginning of a well-formed input too", arguments: FuzzTarget.all.map(\.name))
    func truncated(name: String) throws {
        let target = try #require(FuzzTarget.named(name))
        for seed in target.seeds() {
            for count in 0...seed.count { target.run(Array(seed.prefix(count))) }
        }
    }

    @Test("hold for every single byte of a well-formed input changed", arguments: FuzzTarget.all.map(\.name))
    func flipped(name: String) throws {
        let target = try #require(FuzzTarget.named(name))
        for seed in target.seeds() {
            for index in seed.indices {
                for change: UInt8 in [0x01, 0x02, 0x80, 0xFF] {
                    var bytes = seed
                    bytes[index] ^= change
                    target.run(bytes)
                }
            }
        }
    }

    @Test("belong to a target each")
    func folders() throws {
        let folders = try Self.files(".").filter { $0.hasDirectoryPath }.map(\.lastPathComponent)
        #expect(folders == FuzzTarget.all.map(\.name).sorted())
    }
}
