/// How many prompts come from which slice.
public struct PromptShares: Sendable, Hashable {
  /// Of each slice, by name; slices without any are left out.
  public let aimed: [String: Int]
  /// Drawn from all documents alike.
  public let aimless: Int

  /// Shares so many prompts out: `aim` of them by the slices' weights, whole ones by largest remainder (Hamilton 1792).
  public init(_ diagnosis: Diagnosis?, prompts: Int, aim: Double) {
    let total = max(0, prompts)
    let wanted = aim.isFinite ? Int((Double(total) * max(0, min(1, aim))).rounded()) : 0
    let exact = (diagnosis?.slices ?? []).map { ($0.name, $0.weight * Double(wanted)) }
    var counts = exact.map { Int($0.1) }
    let order = exact.indices.sorted { left, right in
      let (first, second) = (exact[left].1 - Double(counts[left]), exact[right].1 - Double(counts[right]))
      return first != second ? first > second : left < right
    }
    for place in order.prefix(max(0, wanted - counts.reduce(0, +))) { counts[place] += 1 }
    aimed = Dictionary(uniqueKeysWithValues: zip(exact.map(\.0), counts)).filter { $0.value > 0 }
    aimless = total - counts.reduce(0, +)
  }
}
