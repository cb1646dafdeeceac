import Foundation
import Glibc
import OrgeControl
import OrgeJournal
import OrgeJournalFiles
import OrgeSystem
import Synchronization
import Testing

@testable import OrgeHostProcess

@Suite("Calls of the disk that last") struct DiskCallsTests {
    /// A folder with a file whose opening waits until ``release(_:)``.
    private func folder() throws -> String {
        let folder = HostRun.freshFolder()
        _ = try FileStorage(folder: folder)
        let mkfifo = Foundation.Process()
        mkfifo.executableURL = URL(filePath: "/usr/bin/mkfifo")
        mkfifo.arguments = ["\(folder)/journal/slow"]
        try mkfifo.run()
        mkfifo.waitUntilExit()
        #expect(mkfifo.terminationStatus == 0)
        return folder
    }

    private func release(_ folder: String) { #expect(FileHandle(forWritingAtPath: "\(folder)/journal/slow") != nil) }

    /// Reads the slow file on a thread, which rings at the end.
    private func read(_ storage: WatchedStorage) throws -> Bell {
        let end = try Bell()
        startThread("slow") {
            do throws(JournalError) { _ = try storage.read(StoragePath(.journal, "slow"), from: 0, count: 1) } catch {}
            end.ring()
        }
        return end
    }

    private func until(_ condition: () -> Bool) {
        let deadline = monotonicNanoseconds() + HostRun.patience
        while !condition(), monotonicNanoseconds() < deadline { _ = waitUntilReady([], timeoutMilliseconds: 1) }
        #expect(condition())
    }

    @Test("A call lasts until it returns, and no longer; calls that return at once leave no trace")
    func lasting() throws {
        let folder = try folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let calls = DiskCalls()
        let storage = WatchedStorage(try FileStorage(folder: folder), calls)
        #expect(try storage.list(.journal) == ["slow"] && calls.lasting(at: monotonicNanoseconds()) == 0)
        let end = try read(storage)
        until { calls.lasting(at: monotonicNanoseconds()) > 10_000_000 }
        release(folder)
        end.wait()
        #expect(calls.lasting(at: monotonicNanoseconds()) == 0)
        #expect(throws: JournalError.self) { try storage.read(StoragePath(.journal, "missing"), from: 0, count: 1) }
        #expect(calls.lasting(at: monotonicNanoseconds()) == 0, "an error ends a call too")
    }

    @Test("While a host starts, a call is announced before it is made, and its end reported; later neither")
    func announced() throws {
        let folder = try folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let channel = try Ends.channel()
        let control = ControlLink(dup(channel.second.number))
        let reports = StartReports(control)
        let storage = WatchedStorage(try FileStorage(folder: folder), DiskCalls(reports))
        var stream = ControlStream<ChildMessage>()
        var said: [ChildMessage] = []
        func listen() throws {
            while case .bytes(let bytes) = try channel.first.read(atMost: 4096) { stream.append(bytes) }
            while let message = try stream.next() { said.append(message) }
        }
        let end = try read(storage)
        until {
            try? listen()
            return said == [.inStorage]
        }
        release(folder)
        end.wait()
        try listen()
        #expect(said == [.inStorage, .alive])
        for _ in 0..<1000 { reports.progress() }
        try listen()
        #expect(said == [.inStorage, .alive], "progress is reported four times a second, not a thousand times")
        reports.end()
        _ = try storage.list(.world)
        try listen()
        #expect(said == [.inStorage, .alive])
    }

    @Test("Reports that a supervisor does not read are left out, and the channel stays whole")
    func congested() throws {
        let channel = try Ends.channel()
        let control = ControlLink(dup(channel.second.number))
        for _ in 0..<100_000 { control.offer(.inStorage) }
        var stream = ControlStream<ChildMessage>()
        var count = 0
        while case .bytes(let bytes) = try channel.first.read(atMost: 65_536) {
            stream.append(bytes)
            while let message = try stream.next() {
                #expect(message == .inStorage)
                count += 1
            }
        }
        #expect((1..<100_000).contains(count))
        control.offer(.alive)
        var last: ChildMessage?
        while case .bytes(let bytes) = try channel.first.read(atMost: 65_536) {
            stream.append(bytes)
            while let message = try stream.next() { last = message }
        }
        #expect(last == .alive)
    }
}
