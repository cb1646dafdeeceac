import Testing

@testable import OrgeHostProcess
@testable import OrgeJournal

@Suite("The journal's mailbox")
struct JournalMailboxTests {
    @Test("asks for waking once, keeps order, and is bounded by count")
    func count() {
        let mailbox = JournalMailbox(countLimit: 3)
        let entries = (1...4).map { JournalEntry(tick: $0, body: []) }
        #expect(entries.map { mailbox.offer($0) } == [.wake, .queued, .queued, .full])
        #expect(mailbox.drain() == Array(entries[..<3]))
        #expect(mailbox.drain().isEmpty)
        #expect(mailbox.offer(entries[3]) == .wake)
    }

    @Test("is bounded by bytes, and takes one entry of any size")
    func bytes() {
        let mailbox = JournalMailbox(byteLimit: 100)
        #expect(mailbox.offer(JournalEntry(tick: 1, body: [UInt8](repeating: 0, count: 200))) == .wake)
        #expect(mailbox.offer(JournalEntry(tick: 2, body: [])) == .full)
        _ = mailbox.drain()
        #expect(mailbox.offer(JournalEntry(tick: 3, body: [UInt8](repeating: 0, count: 60))) == .wake)
        #expect(mailbox.offer(JournalEntry(tick: 4, body: [UInt8](repeating: 0, count: 60))) == .full)
    }
}
