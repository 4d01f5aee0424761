import PawlCore

/// Tells whether two candidates are one: to the byte, but for layout and spelling, or in what they change.
public enum CodeFingerprint {
  /// Returns the fingerprint of a set of editable files: `StableHash` over paths and contents in the paths' order.
  public static func exact(of files: [String: String]) -> UInt64 {
    var hash = StableHash()
    for path in files.keys.sorted() {
      hash.add(path)
      hash.add(files[path] ?? "")
    }
    return hash.value
  }

  /// Returns a fingerprint that comments, blank lines, layout and the spelling of numbers do not change.
  ///
  /// `0.10`, `1e-1` and `0.1` are one number, `1_000` and `1000` another; 1 and 1.0 are two. Indentation counts where it
  /// has a meaning. Where a number may be text (YAML, shell scripts) it counts as written, and in files whose language
  /// is not known only blank lines and the whitespace at lines' ends do not. Takes time in proportion to the files' size.
  public static func normalised(of files: [String: String]) -> UInt64 {
    var hash = StableHash()
    for path in files.keys.sorted() {
      hash.add(path)
      let lines = NormalisedSource(path: path, content: files[path] ?? "").lines
      for line in lines { hash.add(line) }
      hash.add(UInt64(lines.count))
    }
    return hash.value
  }

  /// Returns a fingerprint of the change alone, nil where nothing changes but layout, comments and spelling.
  ///
  /// It is made of the lines that go and the lines that come, in their order and each run with the line that it follows,
  /// as `normalised(of:)` sees them: the same change has the same fingerprint on a parent that differs elsewhere. Nearer
  /// by it may have another, as one insertion in two places is two changes. Takes time in proportion to the files' size.
  public static func change(from old: [String: String], to new: [String: String]) -> UInt64? {
    var hash = StableHash()
    var isEmpty = true
    for path in Set(old.keys).union(new.keys).sorted() where old[path] != new[path] {
      let before = NormalisedSource(path: path, content: old[path] ?? "").lines
      let after = NormalisedSource(path: path, content: new[path] ?? "").lines
      let isMade = old[path] == nil || new[path] == nil
      guard before != after || isMade else { continue }
      isEmpty = false
      hash.add(path)
      hash.add(isMade ? 1 : 0)
      let difference = LineDifference(before, after)
      for runs in [difference.removed, difference.added] {
        for number in runs { hash.add(number) }
        hash.add(UInt64(runs.count))
      }
    }
    return isEmpty ? nil : hash.value
  }
}

/// The lines that two texts do not share, without regard to where the others went; a move of lines is their whole reach.
struct LineDifference {
  /// Runs of lines, each after the line that it follows.
  let removed: [UInt64]
  let added: [UInt64]

  init(_ old: [UInt64], _ new: [UInt64]) {
    var first = 0
    while first < min(old.count, new.count), old[first] == new[first] { first += 1 }
    var (oldEnd, newEnd) = (old.count, new.count)
    while oldEnd > first, newEnd > first, old[oldEnd - 1] == new[newEnd - 1] {
      oldEnd -= 1
      newEnd -= 1
    }
    let before = Array(old[first..<oldEnd])
    let after = Array(new[first..<newEnd])
    let context = first > 0 ? old[first - 1] : 0
    let removed = Self.excess(of: before, over: after, after: context)
    let added = Self.excess(of: after, over: before, after: context)
    let isMove = removed.isEmpty && added.isEmpty
    self.removed = isMove ? before : removed
    self.added = isMove ? after : added
  }

  private static func excess(of lines: [UInt64], over others: [UInt64], after context: UInt64) -> [UInt64] {
    var counts: [UInt64: Int] = [:]
    for line in others { counts[line, default: 0] += 1 }
    var runs: [UInt64] = []
    var last = context
    var isRunning = false
    for line in lines {
      if let count = counts[line], count > 0 {
        counts[line] = count - 1
        last = line
        isRunning = false
      } else {
        if !isRunning { runs.append(last) }
        isRunning = true
        runs.append(line)
      }
    }
    return runs
  }
}
