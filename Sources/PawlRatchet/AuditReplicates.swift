import PawlCore
import PawlStatistics

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Which rows of a file measured the same code again.
struct AuditReplicates {
  /// For each row, the index of the row whose code it measured again; nil for a code of its own.
  private(set) var original: [Int?]
  /// Whether commits name codes: where most rows share one with another row, they do not.
  let commitsTell: Bool

  /// `rows` are those with a value, the first one is the baseline.
  init(_ rows: [AuditRow]) {
    original = Array(repeating: nil, count: rows.count)
    // Among many rows two short commits are the same by chance: at most one file in 200 may have such a pair.
    let many = Double(max(2, rows.count))
    let digits = Int((log(100 * many * many) / log(16)).rounded(.up))
    let named = rows.compactMap { AuditReplicates.commit(of: $0, atLeast: digits) }
    let tell = named.isEmpty || Set(named).count * 2 > named.count
    commitsTell = tell
    var first: [String: Int] = [:]
    var head = 0
    for (index, row) in rows.enumerated() {
      let commit = tell ? AuditReplicates.commit(of: row, atLeast: digits) : nil
      if let commit, let earlier = first[commit] {
        original[index] = original[earlier] ?? earlier
      } else {
        if let commit { first[commit] = index }
        // The words before the code: a kept row that says so was built upon all the same.
        if index > 0, let what = AuditReplicates.repeated(row.description) {
          let target = what == .baseline ? 0 : head
          original[index] = original[target] ?? target
        }
      }
      if row.kept == true { head = index }
    }
  }

  private static func commit(of row: AuditRow, atLeast digits: Int) -> String? {
    guard let commit = row.commit, commit.count >= digits, commit.contains(where: { $0 != "0" && $0 != "-" }) else {
      return nil
    }
    return commit
  }

  private enum What { case baseline, head }

  private static let words = [
    "no change", "no-change", "nochange", "no-op", "noop", "unchanged", "same code", "rerun", "re-run", "re run",
    "re-measure", "remeasure", "replicate", "repeat of", "new seed", "different seed", "another seed", "other seed",
    "seed change", "change seed", "change random seed", "random seed", "reseed",
  ]

  /// Whether a description says that nothing but luck was new.
  ///
  /// A baseline counts only where the few words are about it, not in `wider than baseline`.
  private static func repeated(_ description: String) -> What? {
    let text = description.lowercased()
    let parts = text.split { !($0.isLetter || $0.isNumber) }
    if let start = parts.first, start == "baseline", parts.count <= 4 { return .baseline }
    if parts.count == 2, parts[0] == "seed", parts[1].allSatisfy(\.isNumber) { return .head }
    guard words.contains(where: { text.contains($0) }), parts.count <= 12 else { return nil }
    return parts.contains("baseline") ? .baseline : .head
  }

  /// Returns the noise that the file's replicates tell; nil where nothing was measured twice.
  func noise(of rows: [AuditRow]) -> (noise: PooledNoise, lines: [Int])? {
    var groups: [Int: [Int]] = [:]
    for (index, row) in original.enumerated() {
      if let row { groups[row, default: [row]].append(index) }
    }
    guard !groups.isEmpty else { return nil }
    var noise = PooledNoise()
    var lines: [Int] = []
    for key in groups.keys.sorted() {
      let members = groups[key] ?? []
      noise.fold(Moments(members.compactMap { rows[$0].value }))
      lines += members.map { rows[$0].line }
    }
    return (noise, lines.sorted())
  }
}
