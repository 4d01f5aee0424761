package import PawlCore

/// The answers of a generation to its prompts, so that those that few samples agree with, or that are cut short, can be dropped.
package struct Answers: Sendable {
  private struct Tally: Sendable {
    /// Samples by answer, and when each answer came first.
    var counts: [TextDigest: (samples: Int, first: Int)] = [:]
    var samples = 0

    mutating func add(_ answer: TextDigest) {
      counts[answer, default: (0, samples)].samples += 1
      samples += 1
    }
  }
  private var tallies: [TextDigest: Tally] = [:]

  package init() {}

  /// What a made text says after its prompt; the whole text where it does not begin with the prompt.
  package static func answer(_ document: Document) -> Substring {
    guard case .made(let making) = document.source, document.text.utf8.starts(with: making.prompt.utf8) else {
      return document.text[...]
    }
    return Substring(document.text.utf8.dropFirst(making.prompt.utf8.count))
  }

  /// A prompt and an answer to it.
  package struct Ballot: Sendable, Hashable {
    package var prompt: TextDigest
    package var answer: TextDigest
    /// Bytes of the answer without the spaces at its ends.
    package var bytes: Int

    package init(_ document: Document) {
      var prompt = ""
      if case .made(let making) = document.source { prompt = making.prompt }
      let answer = Answers.answer(document)
      self.prompt = TextDigest(prompt)
      self.answer = TextDigest(answer)
      let bytes = answer.utf8
      let isSpace: (UInt8) -> Bool = { $0 <= 0x20 }
      self.bytes = bytes.drop(while: isSpace).reversed().drop(while: isSpace).count
    }
  }

  /// Counts one sample.
  package mutating func add(_ ballot: Ballot) { tallies[ballot.prompt, default: Tally()].add(ballot.answer) }

  /// How many samples of a prompt gave the answer that most gave, the earliest of several; and of how many.
  package func winner(of prompt: TextDigest) -> (answer: TextDigest, samples: Int, of: Int)? {
    guard let tally = tallies[prompt] else { return nil }
    // No two answers are alike in both, so the order of a dictionary does not matter.
    let best = tally.counts.max { ($0.value.samples, $1.value.first) < ($1.value.samples, $0.value.first) }
    return best.map { ($0.key, $0.value.samples, tally.samples) }
  }
}
