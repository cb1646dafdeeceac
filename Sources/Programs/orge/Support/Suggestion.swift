/// The word of a list that was probably meant.
///
/// - Parameter word: as it was typed.
/// - Returns: nil when none is near: at most one edit for each three characters, and no more than two.
func nearest(to word: String, among known: some Sequence<String>) -> String? {
    let limit = min(2, max(1, word.count / 3))
    return known.map { (distance: editDistance(word, $0), word: $0) }.filter { $0.distance <= limit }.min { $0.distance < $1.distance }?.word
}

/// Insertions, removals, replacements and swaps of neighbours between two words (optimal string alignment).
func editDistance(_ a: String, _ b: String) -> Int {
    let (a, b) = (Array(a.lowercased()), Array(b.lowercased()))
    var older: [Int] = []
    var last = Array(0...b.count)
    for i in a.indices {
        var row = [i + 1]
        for j in b.indices {
            var best = min(row[j] + 1, last[j + 1] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
            if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, older[j - 1] + 1) }
            row.append(best)
        }
        (older, last) = (last, row)
    }
    return last[b.count]
}
