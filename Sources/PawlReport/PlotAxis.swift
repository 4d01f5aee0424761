import PawlCore

// Rounding is a call into the C library's mathematics, which is linked only where it is imported.
#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A range of values with round ticks.
struct PlotAxis {
  let low: Double
  let high: Double
  /// The round distance between ticks.
  let step: Double
  let ticks: [Double]
  private let whole: Bool
  /// Whether equal factors have equal lengths.
  let isLogarithmic: Bool

  /// Makes an axis over a range that is widened where it is too small to tell its ends apart.
  init(low: Double, high: Double, count: Int, whole: Bool = false) {
    var (low, high) = (min(low, high), max(low, high))
    let smallest = max(low.magnitude, high.magnitude) * 1e-9
    if high - low <= smallest {
      let middle = low / 2 + high / 2
      let pad = middle == 0 ? 1 : middle.magnitude * 0.01
      (low, high) = (middle - pad, middle + pad)
    }
    self.whole = whole
    isLogarithmic = false
    self.low = low
    self.high = high
    var (step, ticks) = (1.0, [Double]())
    // A round step can leave a small axis with a tick or none: finer ones are tried until there are three.
    for finer in 0..<8 {
      step = Self.roundStep((high - low) / Double(max(1, count + finer)))
      if whole { step = max(1, step.rounded(.up)) }
      let first = (low / step).rounded(.up)
      ticks = (0..<64).map { (first + Double($0)) * step }.filter { $0 <= high }
      if ticks.count >= 3 { break }
    }
    self.step = step
    self.ticks = ticks
  }

  /// Makes an axis of powers; nil unless both ends are positive. Ticks are at 1, 2 and 5 times powers of ten, or at powers alone
  /// where there are many, or evenly spaced where the range is less than one of them.
  init?(logLow: Double, high: Double, count: Int) {
    var (low, high) = (min(logLow, high), max(logLow, high))
    guard low > 0, low > 1e-300, high < 1e300 else { return nil }
    if high / low < 1.02 { (low, high) = (low / 1.02, high * 1.02) }
    let decades = log10(high / low)
    if decades < 1 {
      let even = PlotAxis(low: low, high: high, count: count)
      self.init(low: low, high: high, step: even.step, ticks: even.ticks, isLogarithmic: true)
      return
    }
    let powers = Int(log10(low).rounded(.down))...Int(log10(high).rounded(.up))
    let leads = decades * 3 <= Double(count) * 1.3 ? [1.0, 2, 5] : [1.0]
    let every = max(1, Int((decades / Double(max(1, count))).rounded(.up)))
    let (least, most) = (low * (1 - 1e-9), high * (1 + 1e-9))
    var ticks: [Double] = []
    for power in powers where leads.count > 1 || power % every == 0 {
      for lead in leads {
        let tick = lead * NumberStyle.power(power)
        if tick >= least, tick <= most { ticks.append(tick) }
      }
    }
    self.init(low: low, high: high, step: 0, ticks: ticks, isLogarithmic: true)
  }

  private init(low: Double, high: Double, step: Double, ticks: [Double], isLogarithmic: Bool) {
    self.low = low
    self.high = high
    self.step = step
    self.ticks = ticks
    self.isLogarithmic = isLogarithmic
    whole = false
  }

  /// Where a value lies: 0 at the low end, 1 at the high one.
  func share(_ value: Double) -> Double {
    guard isLogarithmic else { return (value - low) / (high - low) }
    return log(max(value, 1e-300) / low) / log(high / low)
  }

  /// The smallest of 1, 2 and 5 times a power of ten that is at least `raw`.
  private static func roundStep(_ raw: Double) -> Double {
    guard raw > 0, raw.isFinite else { return 1 }
    let power = NumberStyle.power(NumberStyle.exponent(of: raw))
    let lead = raw / power
    return (lead <= 1 ? 1 : lead <= 2 ? 2 : lead <= 5 ? 5 : 10) * power
  }

  /// The common power of ten of the tick labels; 0 where they are plain.
  var exponent: Int {
    let scale = NumberStyle.exponent(of: max(low.magnitude, high.magnitude))
    return !whole && !isScattered && (scale >= 6 || scale <= -4) ? scale : 0
  }

  /// Whether ticks are so far apart that each is written by itself.
  private var isScattered: Bool { step == 0 }

  /// The text of a tick, without the common power of ten.
  func label(_ tick: Double) -> String {
    if isScattered {
      let scale = NumberStyle.exponent(of: tick * 1.000001)
      guard scale >= 5 || scale < -3 else { return tick.fixed(decimals: max(0, -scale)) }
      let lead = (tick / NumberStyle.power(scale)).fixed(decimals: 0)
      return (lead == "1" ? "" : lead) + NumberStyle.times(scale).dropFirst(lead == "1" ? 1 : 0)
    }
    let decimals = max(0, min(12, exponent - NumberStyle.exponent(of: step * 1.000001)))
    let value = tick.magnitude < step * 1e-6 ? 0 : tick
    return (value / NumberStyle.power(exponent)).fixed(decimals: decimals).replacingMinus
  }
}

/// Which values the plot shows: all that the head went through, and as much of the rest as leaves that readable.
struct PlotRange {
  var low: Double
  var high: Double

  /// `heads` are the values of the head path, `others` those of all other trials.
  init(heads: [Double], others: [Double], sigma: Double?) {
    let heads = heads.filter(\.isFinite).map(Self.bounded)
    let all = (heads + others.filter(\.isFinite).map(Self.bounded)).sorted()
    guard let least = all.first, let most = all.last else {
      (low, high) = (0, 1)
      return
    }
    let noise = Self.bounded(sigma ?? 0).magnitude
    let (first, third) = (all[(all.count - 1) / 4], all[(all.count - 1) * 3 / 4])
    var core = (low: all[all.count / 2], high: all[all.count / 2])
    if let lowest = heads.min(), let highest = heads.max() {
      core = (lowest - 2.2 * noise, highest + 2.2 * noise)
    }
    // The bulk of the trials (Tukey's fences) is shown too, unless that would make the head's steps small.
    let whisker = 1.5 * (third - first)
    let climb = core.high - core.low
    let reach = heads.count > 1 && climb > 0 ? 0.8 * climb : Double.greatestFiniteMagnitude
    let fence = (
      low: max(core.low - reach, min(first - whisker, core.low - 0.1 * climb)),
      high: min(core.high + reach, max(third + whisker, core.high + 0.1 * climb))
    )
    low = min(core.low, all.first { $0 >= fence.low } ?? least)
    high = max(core.high, all.last { $0 <= fence.high } ?? most)
    let pad = (high - low) * 0.06
    low -= pad
    high += pad
  }

  /// Far beyond any metric, and far enough from the limits of a Double that differences stay finite.
  static func bounded(_ value: Double) -> Double { min(max(value, -1e300), 1e300) }
}
