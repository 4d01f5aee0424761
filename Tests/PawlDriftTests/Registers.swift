import PawlCore

/// Texts of two registers that no file is needed for, and which differ in words, letters and marks.
enum Registers {
  private static let verse = [
    "and", "the", "lord", "said", "unto", "king", "of", "israel", "came", "went", "his", "house", "sons", "land",
    "people",
    "day", "before", "father", "shall", "heart", "city", "water", "stone", "hand", "evening", "morning", "servant",
    "field",
  ]
  private static let entry = [
    "noun", "verb", "adj", "pl", "obs", "see", "from", "latin", "greek", "usage", "pronounced", "suffix", "stem", "var",
  ]

  /// Words by Zipf's law, so that there is a tail; 12 to 24 a text.
  static func verses(_ count: Int, seed: UInt64) -> [String] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in
      let words = (0..<(12 + Int(generator.unit() * 12))).map { _ in
        generator.unit() < 0.8 ? pick(verse, &generator) : rare(&generator)
      }
      return words.joined(separator: " ") + "."
    }
  }

  static func entries(_ count: Int, seed: UInt64) -> [String] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { number in
      let words = (0..<(6 + Int(generator.unit() * 12))).map { _ in pick(entry, &generator) }
      return "\(number). [\(rare(&generator)).] " + words.joined(separator: "; ") + " (\(1_500 + number % 400))"
    }
  }

  private static func pick(_ words: [String], _ generator: inout SeededGenerator) -> String {
    let place = Int(Double(words.count) * generator.unit() * generator.unit())
    return words[min(words.count - 1, place)]
  }

  private static func rare(_ generator: inout SeededGenerator) -> String {
    let letters = Array("aeioubdgklmnrst")
    let rank = Int(1 / (generator.unit() + 0.002))
    var named = SeededGenerator(seed: UInt64(rank))
    return String((0..<5).map { _ in letters[Int(named.unit() * Double(letters.count))] })
  }
}
