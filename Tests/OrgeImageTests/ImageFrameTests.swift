import OrgeSchema
import Testing

@testable import OrgeImage

@Suite("An image's frame")
struct ImageFrameTests {
    private static func reader(_ bytes: [UInt8]) throws(ImageError) -> ImageReader { try ImageReader(MemorySource(bytes)) }

    /// Reads to the end; nil when nothing is wrong.
    private static func fault(_ bytes: [UInt8]) -> ImageError? {
        do throws(ImageError) {
            var reader = try reader(bytes)
            while try reader.next() != nil {}
            return nil
        } catch {
            return error
        }
    }

    @Test("any sections and records are read as they were written", arguments: 0..<40 as Range<UInt64>)
    func roundTrip(seed: UInt64) throws {
        let sample = SampleImage(seed: seed)
        let image = sample.written()
        #expect(image.pieces.allSatisfy { $0.count <= ImageLimits.chunkBytes + ImageChunk.headerBytes })
        var reader = try Self.reader(image.bytes)
        #expect(try sample.matches(&reader), "seed \(seed)")
    }

    @Test("every changed byte is found", arguments: 0..<8 as Range<UInt64>)
    func damage(seed: UInt64) throws {
        let bytes = SampleImage(seed: seed).written().bytes
        var random = RandomSource(seed: seed)
        for _ in 0..<100 {
            var damaged = bytes
            let place = random.chance(1, outOf: 2) ? random.below(min(400, bytes.count)) : random.below(bytes.count)
            damaged[place] ^= UInt8(1 << random.below(8))
            #expect(Self.fault(damaged) != nil, "seed \(seed), byte \(place)")
        }
    }

    @Test("an image that is cut anywhere is no image", arguments: 0..<8 as Range<UInt64>)
    func truncation(seed: UInt64) throws {
        let bytes = SampleImage(seed: seed).written().bytes
        var random = RandomSource(seed: seed)
        for _ in 0..<100 {
            let count = random.below(bytes.count)
            let code = Self.fault(Array(bytes[..<count]))?.code
            #expect(code == .truncated || code == .notAnImage && count < 8, "seed \(seed), \(count) bytes")
        }
        #expect(Self.fault(bytes + [0])?.code == .truncated)
        #expect(Self.fault(Array("not an image at all".utf8))?.code == .notAnImage)
    }

    @Test("chunks that are swapped, doubled, left out or of another image are found")
    func order() throws {
        let pieces = SampleImage(seed: 1).written().pieces
        let other = SampleImage(seed: 2).written().pieces
        for place in 1..<pieces.count - 1 {
            var swapped = pieces
            swapped.swapAt(place, place + 1)
            #expect(Self.fault(Array(swapped.joined()))?.code == .damaged)
            #expect(Self.fault(Array((pieces[...place] + pieces[place...]).joined()))?.code == .damaged)
            #expect(Self.fault(Array((pieces[..<place] + pieces[(place + 1)...]).joined())) != nil)
        }
        #expect(Self.fault(Array((pieces[...1] + other[2...]).joined()))?.code == .damaged)
    }

    @Test("an image of another format names both formats")
    func format() throws {
        var bytes = SampleImage(seed: 3).written().bytes
        bytes[9] = 9
        let fault = Self.fault(bytes)
        #expect(fault?.code == .otherFormat && "\(fault!)".contains("format 9"))
    }

    @Test("a section that is unknown, missing or there twice is named")
    func sections() throws {
        func fault(_ sample: SampleImage, knows names: [String], hash: UInt64 = 7) throws(ImageError) {
            var reader = try Self.reader(sample.written().bytes)
            _ = try reader.restore([CountingDecoder(names: names, hash: hash)])
        }
        func code(_ body: () throws(ImageError) -> Void) -> (ImageError.Code, String?)? {
            do throws(ImageError) { try body() } catch { return (error.code, error.section) }
            return nil
        }
        var sample = SampleImage(seed: 4)
        sample.sections = [(ImageSection("alpha", format: 1), [[1, 2]], 7), (ImageSection("beta", format: 1), [], 7)]
        #expect(code { () throws(ImageError) in try fault(sample, knows: ["alpha", "beta"]) } == nil)
        #expect(code { () throws(ImageError) in try fault(sample, knows: ["alpha"]) }! == (.unknownSection, "beta"))
        #expect(code { () throws(ImageError) in try fault(sample, knows: ["alpha", "beta", "gamma"]) }! == (.missingSection, "gamma"))
        #expect(code { () throws(ImageError) in try fault(sample, knows: ["alpha", "beta"], hash: 8) }! == (.otherHash, "alpha"))
        sample.sections.append(sample.sections[0])
        #expect(code { () throws(ImageError) in try fault(sample, knows: ["alpha", "beta"]) }! == (.repeatedSection, "alpha"))
    }
}
