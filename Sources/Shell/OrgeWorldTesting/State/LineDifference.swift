/// The lines in which two texts differ: `-` before those of the first alone, `+` before those of the second alone.
///
/// A line counts as many times as it occurs; order within each text is kept, and a line that only moved is no difference.
struct LineDifference {
    private(set) var lines: [String] = []

    init(_ first: [String], _ second: [String]) {
        let (gone, come) = (Self.excess(of: first, over: second), Self.excess(of: second, over: first))
        lines = gone.map { "- \($0)" } + come.map { "+ \($0)" }
    }

    /// - Complexity: O(n log n) comparisons.
    private static func excess(of lines: [String], over others: [String]) -> [String] {
        let order = lines.indices.sorted { lines[$0] != lines[$1] ? lines[$0] < lines[$1] : $0 < $1 }
        let sorted = others.sorted()
        var place = 0
        var left: [Int] = []
        for index in order {
            while place < sorted.count, sorted[place] < lines[index] { place += 1 }
            if place < sorted.count, sorted[place] == lines[index] { place += 1 } else { left.append(index) }
        }
        return left.sorted().map { lines[$0] }
    }
}
