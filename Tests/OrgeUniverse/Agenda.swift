/// What happens next, and when: the only clock of a universe. Things due at the same moment happen in the order in which they were planned.
final class Agenda {
    private struct Entry {
        var time: UInt64
        var order: UInt64
        var action: () -> Void

        func isBefore(_ other: Entry) -> Bool { (time, order) < (other.time, other.order) }
    }

    /// Nanoseconds; begins at a second, so that a mistaken zero is in the past.
    private(set) var now: UInt64 = 1_000_000_000
    private var heap: [Entry] = []
    private var planned: UInt64 = 0

    func at(_ time: UInt64, _ action: @escaping () -> Void) {
        planned += 1
        heap.append(Entry(time: max(time, now), order: planned, action: action))
        siftUp(heap.count - 1)
    }

    func after(_ delay: UInt64, _ action: @escaping () -> Void) { at(now + delay, action) }

    var nextTime: UInt64? { heap.first?.time }

    /// Lets the next thing happen.
    func step() {
        let entry = heap[0]
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        siftDown()
        now = entry.time
        entry.action()
    }

    private func siftUp(_ start: Int) {
        var index = start
        while index > 0, heap[index].isBefore(heap[(index - 1) / 2]) {
            heap.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    private func siftDown() {
        var index = 0
        while true {
            var least = index
            for child in [2 * index + 1, 2 * index + 2] where child < heap.count && heap[child].isBefore(heap[least]) { least = child }
            guard least != index else { return }
            heap.swapAt(index, least)
            index = least
        }
    }
}
