import Glibc
import OrgeSystem
import Testing

@Suite("Memory that processes share") struct SharedMemoryTests {
    @Test("Two mappings of one descriptor are one memory, of zeros at first")
    func shared() throws {
        let memory = try SharedMemory(byteCount: 4_096)
        let number = dup(memory.descriptor.number)
        let other = try SharedMemory(mapping: Descriptor(owning: number), byteCount: 4_096)
        #expect(unsafe other.base.load(fromByteOffset: 8, as: UInt64.self) == 0)
        unsafe memory.base.storeBytes(of: 77, toByteOffset: 8, as: UInt64.self)
        #expect(unsafe other.base.load(fromByteOffset: 8, as: UInt64.self) == 77)
    }

    @Test("Its size cannot be changed, so that no child can make the parent's pages vanish")
    func sealed() throws {
        let memory = try SharedMemory(byteCount: 4_096)
        #expect(ftruncate(memory.descriptor.number, 0) < 0 && errno == EPERM)
        #expect(ftruncate(memory.descriptor.number, 8_192) < 0 && errno == EPERM)
    }

    @Test("A descriptor of something smaller, or of no memory, is refused")
    func refused() throws {
        let small = try SharedMemory(byteCount: 64)
        let number = dup(small.descriptor.number)
        #expect(throws: SystemError.self) { try SharedMemory(mapping: Descriptor(owning: number), byteCount: 4_096) }
        #expect(throws: SystemError.self) { try SharedMemory(mapping: Descriptor.null(), byteCount: 4_096) }
    }

    @Test("The processor time of this thread grows when it computes, and not when it waits")
    func processorTime() throws {
        func time() throws -> UInt64 { try OrgeSystem.processorTime(ofThread: currentThread(), process: getpid()) }
        let before = try time()
        var sum = 0
        while try time() == before { for number in 0..<100_000 { sum &+= number } }
        #expect(try time() > before && sum != 1)
        #expect(throws: SystemError.self) { try OrgeSystem.processorTime(ofThread: .max, process: getpid()) }
    }
}
