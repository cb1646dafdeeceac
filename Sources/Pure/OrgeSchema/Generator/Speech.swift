/// Readable text for generated commands: short words, one after another, so that what bots and scripted runs say can be read.
enum Speech {
    /// Each begins with an ASCII letter, so that a first part of it fits any text that may have a byte. Some have letters of two and three bytes,
    /// which a world and its clients must cut and show rightly.
    static let words = [
        "a", "all", "and", "any", "apple", "are", "at", "away", "back", "bell", "bird", "boat", "bread", "bridge", "by", "café", "calm", "cat", "come", "corn",
        "day",
        "door", "east", "far", "field", "fire", "fish", "fog", "for", "fox", "gate", "go", "good", "green", "größer", "hello", "here", "hill", "home", "horse",
        "i",
        "in", "is", "it", "lake", "lamp", "light", "long", "look", "market", "meet", "mill", "moon", "naïve", "near", "night", "no", "north", "now", "old",
        "on",
        "over", "path", "rain", "red", "river", "road", "señor", "ship", "slow", "snow", "so", "south", "star", "stone", "storm☂", "sun", "the", "then",
        "there",
        "to", "tower", "tree", "under", "up", "wait", "walk", "warm", "water", "we", "well", "west", "where", "wind", "with", "wolf", "yes", "you",
    ]

    /// Words with spaces between.
    /// - Parameters:
    ///   - low: bytes of UTF-8 that it has at least, 0 or 1.
    ///   - high: bytes of UTF-8 that it has at most.
    static func text(atLeast low: Int, atMost high: Int, _ random: inout RandomSource) -> String {
        precondition(low <= 1, "a sentence of an exact length is not made of words")
        let wanted = random.within(low...max(low, high))
        guard wanted > 0, high > 0 else { return "" }
        var text = beginning(of: words[random.below(words.count)], atMost: high)
        while text.utf8.count < wanted {
            let word = words[random.below(words.count)]
            guard text.utf8.count + 1 + word.utf8.count <= high else { break }
            text += " " + word
        }
        return text
    }

    /// As many whole characters as fit.
    private static func beginning(of word: String, atMost bytes: Int) -> String {
        var text = ""
        for letter in word.unicodeScalars where text.utf8.count + letter.utf8.count <= bytes { text.unicodeScalars.append(letter) }
        return text
    }
}
