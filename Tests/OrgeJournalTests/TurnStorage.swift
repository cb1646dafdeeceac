import Dispatch
import Foundation
import OrgeSchema
import OrgeSimulatedDisk
import Synchronization

@testable import OrgeJournal

/// Threads of which one runs at a time. Which one goes on is drawn before each call of the disk, so that a seed names an interleaving.
final class Turns: Sendable {
    private struct State {
        var random: RandomSource
        var running: [Int]
    }

    private let state: Mutex<State>
    private let gates: [DispatchSemaphore]
    private let allEnded = DispatchSemaphore(value: 0)

    init(seed: UInt64, threads: Int) {
        state = Mutex(State(random: RandomSource(seed: seed), running: Array(0..<threads)))
        gates = (0..<threads).map { _ in DispatchSemaphore(value: 0) }
    }

    /// Runs the body for each thread's index; returns when all have ended.
    func run(_ body: @escaping @Sendable (Int) -> Void) {
        for index in gates.indices {
            Thread.detachNewThread { [self] in
                gates[index].wait()
                body(index)
                end(index)
            }
        }
        gates[state.withLock { $0.random.below($0.running.count) }].signal()
        allEnded.wait()
    }

    /// Goes on with this thread, or with another one until this one is drawn again.
    func pass(_ index: Int) {
        let next = state.withLock { state in
            state.random.chance(1, outOf: 2) ? index : state.running[state.random.below(state.running.count)]
        }
        guard next != index else { return }
        gates[next].signal()
        gates[index].wait()
    }

    private func end(_ index: Int) {
        let next = state.withLock { state -> Int? in
            state.running.removeAll { $0 == index }
            return state.running.isEmpty ? nil : state.running[state.random.below(state.running.count)]
        }
        if let next { gates[next].signal() } else { allEnded.signal() }
    }
}

/// One host's view of a disk that several hosts use at the same time, because the lock does not hold.
final class TurnStorage: ForwardingStorage {
    let base: any JournalStorage
    private let turns: Turns
    private let index: Int
    /// A control: the host does not see that a mark of its own is gone.
    private let ignoresMarks: Bool
    private let ownMarks = Mutex<[StoragePath]>([])

    init(_ base: any JournalStorage, _ turns: Turns, _ index: Int, ignoresMarks: Bool) {
        self.base = base
        self.turns = turns
        self.index = index
        self.ignoresMarks = ignoresMarks
    }

    private func pass<Value>(_ call: () throws(JournalError) -> Value) throws(JournalError) -> Value {
        turns.pass(index)
        return try call()
    }

    func lock(holder: Int32) {}
    func list(_ folder: StorageFolder) throws(JournalError) -> [String] { try pass { () throws(JournalError) in try base.list(folder) } }

    func read(_ path: StoragePath, from offset: Int, count: Int) throws(JournalError) -> [UInt8] {
        try pass { () throws(JournalError) in try base.read(path, from: offset, count: count) }
    }

    func create(_ path: StoragePath, size: Int) throws(JournalError) -> StorageFile {
        let file = try pass { () throws(JournalError) in try base.create(path, size: size) }
        if path.name.hasSuffix(JournalNames.newestSuffix) { ownMarks.withLock { $0.append(path) } }
        return file
    }

    func write(_ file: StorageFile, at offset: Int, _ bytes: [UInt8]) throws(JournalError) {
        try pass { () throws(JournalError) in try base.write(file, at: offset, bytes) }
    }

    func sync(_ file: StorageFile) throws(JournalError) { try pass { () throws(JournalError) in try base.sync(file) } }
    func rename(_ path: StoragePath, to name: String) throws(JournalError) { try pass { () throws(JournalError) in try base.rename(path, to: name) } }

    func link(_ file: StorageFile, as path: StoragePath) throws(JournalError) {
        try pass { () throws(JournalError) in try base.link(file, as: path) }
    }

    func exists(_ path: StoragePath) throws(JournalError) -> Bool {
        let isThere = try pass { () throws(JournalError) in try base.exists(path) }
        return isThere || ignoresMarks && ownMarks.withLock { $0.contains(path) }
    }

    func delete(_ path: StoragePath) throws(JournalError) { try pass { () throws(JournalError) in try base.delete(path) } }

    func remove(_ path: StoragePath) throws(JournalError) {
        try delete(path)
        try sync(folder: path.folder)
    }

    func sync(folder: StorageFolder) throws(JournalError) { try pass { () throws(JournalError) in try base.sync(folder: folder) } }
}
