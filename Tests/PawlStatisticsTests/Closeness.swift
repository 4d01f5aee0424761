/// Returns whether two numbers agree to `tolerance`, relative to the larger; tiny ones must agree in relative terms too.
func agree(_ first: Double, _ second: Double, _ tolerance: Double) -> Bool {
  first == second || abs(first - second) <= tolerance * max(abs(first), abs(second))
}
