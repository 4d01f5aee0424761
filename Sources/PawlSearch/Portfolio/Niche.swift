#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The kind of candidate that one elite stands for: how large its code is, how far it is from the baseline, whose it is.
///
/// All three are known before a trial is run and cost nothing. Size and distance are the two that change when an idea is
/// of another kind (a new part, a rewrite, one constant), and that a stepping stone differs in; the agent stands for a style.
enum Niche {
  /// Returns a number for the niche; `lines` are those of the code, `way` those changed since the baseline.
  static func index(lines: Int, baseline: Int, way: Int, agent: Int) -> Int {
    let size = log2(Double(max(lines, 1)) / Double(max(baseline, 1)))
    // Within 3 %, within 10 %, within a third, and more; either way.
    let steps = size.magnitude < 0.045 ? 0.0 : size.magnitude < 0.14 ? 1 : size.magnitude < 0.42 ? 2 : 3
    let bySize = Int(size < 0 ? 3 - steps : 3 + steps)
    // Up to 3 lines, 10, 31, 100 and so on.
    let byWay = min(max(Int((2 * log10(Double(max(way, 1)))).rounded(.down)), 0), 7)
    return (bySize * 8 + byWay) * 4 + max(agent, 0) % 4
  }
}
