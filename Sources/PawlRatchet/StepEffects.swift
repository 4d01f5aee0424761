/// What the single steps of one change are worth, as the rungs of a ladder and those who read of them reckon it.
public enum StepEffects {
  /// Returns what each step is worth of `total`, by what was believed of it; alike where nothing good was believed of any.
  public static func scaled(_ believed: [Double], to total: Double) -> [Double] {
    let sum = believed.reduce(0) { $0 + max(0, $1) }
    return believed.map { total * (sum > 0 ? max(0, $0) / sum : 1 / Double(believed.count)) }
  }

  /// Returns how many steps there are, weighed by what they are worth: `(sum d)^2 / sum d^2`, Kish's effective number; 1 at least.
  public static func count(_ effects: [Double]) -> Double {
    let squares = effects.reduce(0) { $0 + $1 * $1 }
    let sum = effects.reduce(0) { $0 + abs($1) }
    return squares > 0 ? max(1, sum * sum / squares) : Double(max(1, effects.count))
  }
}
