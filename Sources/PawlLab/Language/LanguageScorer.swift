#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What a model makes of a document.
package struct LanguageScore: Sendable {
  /// The sum of the negative log-probabilities of what is judged.
  package var nats = 0.0
  /// Bytes that are judged, the end of the document among them.
  package var bytes = 0
  /// The sum of the probabilities of the likeliest next byte.
  package var confidence = 0.0
  /// How often the likeliest byte was the right one.
  package var hits = 0
}

extension LanguageModel {
  /// Scores documents, many at once: what follows the first `mark`, or all of it.
  package func scores(_ documents: [[UInt8]], answerAfter mark: UInt8?) -> [LanguageScore] {
    var owners: [Int] = []
    var sequences: [LanguageSequence] = []
    for (index, document) in documents.enumerated() {
      for window in LanguageSequence.windows(document, context: shape.context) {
        sequences.append(LanguageSequence(document, answerAfter: mark, window: window))
        owners.append(index)
      }
    }
    var scores = [LanguageScore](repeating: LanguageScore(), count: documents.count)
    let tape = Tape(kernels: parameters.kernels, thread: 0)
    tape.isRecording = false
    for indices in LanguageGroup.deal(sequences.map(\.count), rows: 1024) {
      let chosen = indices.map { sequences[$0] }
      let group = LanguageGroup(chosen, starts: indices.map { _ in shape.middle }, shape: shape)
      guard !group.rows.isEmpty else { continue }
      let logits = stream(tape, group.inputs, places: group.places, length: group.length)
        .rows(group.rows).linear(head, transposed: true)
      let logarithms = logits.logProbabilities()
      var row = 0
      for (index, sequence) in zip(indices, chosen) {
        for _ in sequence.learnt {
          let line = logarithms[row * 256..<(row + 1) * 256]
          let likeliest = line.indices.max { (line[$0], $1) < (line[$1], $0) } ?? line.startIndex
          let target = line.startIndex + Int(group.targets[row])
          scores[owners[index]].nats -= Double(logarithms[target])
          scores[owners[index]].bytes += 1
          scores[owners[index]].confidence += Double(expf(logarithms[likeliest]))
          if likeliest == target { scores[owners[index]].hits += 1 }
          row += 1
        }
      }
      tape.reset()
    }
    return scores
  }
}
