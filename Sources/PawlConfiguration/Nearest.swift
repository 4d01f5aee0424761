/// Returns the candidate that `word` is most likely a slip of, or nil where none is near.
///
/// Counts insertions, deletions, substitutions and swaps of neighbours (Damerau 1964, optimal string alignment); case and `-`
/// against `_` count nothing. Near is at most a third of the word's length, and 1 at least; the first of equals wins.
public func nearest(_ word: String, in candidates: [String]) -> String? {
  let folded = fold(word)
  guard !folded.isEmpty, folded.count <= 64 else { return nil }
  var best: (candidate: String, distance: Int)?
  for candidate in candidates {
    let other = fold(candidate)
    guard abs(other.count - folded.count) <= 3 else { continue }
    let distance = distance(folded, other)
    guard distance <= max(1, max(folded.count, other.count) / 3), distance < best?.distance ?? .max else { continue }
    // One slip in a word of two letters could be anything.
    guard distance == 0 || folded.count > 2 else { continue }
    best = (candidate, distance)
  }
  return best?.candidate
}

private func fold(_ word: String) -> [Character] { word.lowercased().map { $0 == "-" ? "_" : $0 } }

private func distance(_ left: [Character], _ right: [Character]) -> Int {
  guard !left.isEmpty, !right.isEmpty else { return max(left.count, right.count) }
  var beforeLast: [Int] = []
  var last = Array(0...right.count)
  for row in 1...left.count {
    var current = [row] + [Int](repeating: 0, count: right.count)
    for column in 1...right.count {
      let isSame = left[row - 1] == right[column - 1]
      current[column] = min(last[column] + 1, current[column - 1] + 1, last[column - 1] + (isSame ? 0 : 1))
      if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1] {
        current[column] = min(current[column], beforeLast[column - 2] + 1)
      }
    }
    beforeLast = last
    last = current
  }
  return last[right.count]
}
