namespace AttentionKernels;

// Scalings, for positions beyond those that a model was trained on.
public sealed partial class RotaryFrequencies
{
    /// <summary>θᵢ / factor: positions are interpolated.</summary>
    /// <remarks>Chen et al., "Extending Context Window of Large Language Models via Positional Interpolation", 2023.</remarks>
    /// <param name="factor">How many times as many positions there are as before; positive and finite.</param>
    /// <returns>The scaled frequencies.</returns>
    /// <exception cref="ArgumentException"><paramref name="factor"/> is out of range.</exception>
    public RotaryFrequencies Linear(double factor)
    {
        CheckPositive(factor, nameof(factor));
        return With(pair => _values[pair] / factor, 1, nameof(factor));
    }

    /// <summary>
    /// The frequencies of the base b·(1 + factor·(n − trained)/trained)^(d/(d − 2)), for n = <paramref name="positions"/> beyond those
    /// trained, and d the rotary dimension: low frequencies are interpolated, high ones stay.
    /// </summary>
    /// <remarks>Dynamic NTK-aware scaling, as Hugging Face's <c>dynamic</c> rope type has it: a longer sequence takes other frequencies, so
    /// a table is made anew as a sequence grows.</remarks>
    /// <param name="factor">How far positions are stretched; positive and finite.</param>
    /// <param name="trainedPositions">How many positions the model was trained on; positive.</param>
    /// <param name="positions">How many there are; frequencies stay as they are up to those trained.</param>
    /// <returns>The scaled frequencies.</returns>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    /// <exception cref="InvalidOperationException">The frequencies are not those of a base, or of one pair only.</exception>
    public RotaryFrequencies DynamicNtk(double factor, int trainedPositions, int positions)
    {
        CheckPositive(factor, nameof(factor));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(trainedPositions);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(positions);
        double rotaryBase = Base();
        if (RotaryDimension == 2)
            throw new InvalidOperationException("Dynamic NTK scaling is for more pairs than one, whose frequency no base changes.");
        double stretch = 1 + (factor * Math.Max(0L, (long)positions - trainedPositions) / trainedPositions);
        double scaled = rotaryBase * Math.Pow(stretch, (double)RotaryDimension / (RotaryDimension - 2));
        return double.IsFinite(scaled)
            ? With(pair => Math.Pow(scaled, -2.0 * pair / RotaryDimension), 1, nameof(factor))
            : throw new ArgumentException($"The factor is {factor}; the base that it gives is not finite.", nameof(factor));
    }

    /// <summary>
    /// θᵢ·(1 − rᵢ) + (θᵢ/factor)·rᵢ, where the ramp r goes from 0 at the pair that turns <see cref="YarnOptions.FastTurns"/> times within
    /// the trained positions to 1 at the one that turns <see cref="YarnOptions.SlowTurns"/> times; and an attention factor.
    /// </summary>
    /// <remarks>Peng et al., "YaRN: Efficient Context Window Extension of Large Language Models", 2023, with the ramp between whole pairs
    /// as the authors' code has it; but where no pair turns as often as <see cref="YarnOptions.SlowTurns"/>, all but the first are
    /// interpolated, and not none.</remarks>
    /// <param name="factor">How many times as many positions there are as trained; positive and finite.</param>
    /// <param name="trainedPositions">How many positions the model was trained on; positive.</param>
    /// <param name="options">The rest; the paper's where <see langword="null"/>.</param>
    /// <returns>The scaled frequencies.</returns>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    /// <exception cref="InvalidOperationException">The frequencies are not those of a base.</exception>
    public RotaryFrequencies Yarn(double factor, int trainedPositions, YarnOptions? options = null)
    {
        CheckPositive(factor, nameof(factor));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(trainedPositions);
        double rotaryBase = Base();
        options ??= new YarnOptions();
        if (!(options.SlowTurns > 0))
            throw new ArgumentException($"The slow turns are {options.SlowTurns}; they must be positive.", nameof(options));
        if (!(options.FastTurns > options.SlowTurns && double.IsFinite(options.FastTurns)))
        {
            throw new ArgumentException(
                $"The fast turns are {options.FastTurns}; they must be finite and more than the slow turns, {options.SlowTurns}.",
                nameof(options));
        }

        double attention = options.AttentionFactor ?? ((0.1 * Math.Log(Math.Max(factor, 1))) + 1);
        CheckFactor(attention, nameof(options));
        double first = PairOf(options.FastTurns);
        double last = PairOf(options.SlowTurns);
        if (options.RoundsToPairs)
            (first, last) = (Math.Floor(first), Math.Ceiling(last));
        first = Math.Max(first, 0);
        last = Math.Max(Math.Min(last, RotaryDimension - 1), first);
        double width = last == first ? 0.001 : last - first;
        return With(
            pair =>
            {
                double ramp = Math.Clamp((pair - first) / width, 0, 1);
                return (_values[pair] * (1 - ramp)) + (_values[pair] / factor * ramp);
            },
            attention,
            nameof(factor));

        // Which pair, not always a whole one, turns so many times within the trained positions.
        double PairOf(double turns) =>
            RotaryDimension * Math.Log(trainedPositions / (turns * 2 * Math.PI)) / (2 * Math.Log(rotaryBase));
    }

    /// <summary>
    /// θᵢ where a turn takes fewer than trained/<paramref name="highFactor"/> positions, θᵢ/factor where it takes more than
    /// trained/<paramref name="lowFactor"/>, and between them (1 − s)·θᵢ/factor + s·θᵢ with s = (trained/turn − low)/(high − low).
    /// </summary>
    /// <remarks>Meta's Llama 3.1; Hugging Face's <c>llama3</c> rope type.</remarks>
    /// <param name="factor">How far low frequencies are stretched; positive and finite.</param>
    /// <param name="trainedPositions">How many positions the model was trained on; positive.</param>
    /// <param name="lowFactor">Positive and finite.</param>
    /// <param name="highFactor">Greater than <paramref name="lowFactor"/>, finite.</param>
    /// <returns>The scaled frequencies.</returns>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public RotaryFrequencies Llama3(double factor, int trainedPositions, double lowFactor = 1, double highFactor = 4)
    {
        CheckPositive(factor, nameof(factor));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(trainedPositions);
        CheckPositive(lowFactor, nameof(lowFactor));
        if (!(highFactor > lowFactor && double.IsFinite(highFactor)))
        {
            throw new ArgumentException(
                $"The high factor is {highFactor}; it must be finite and greater than the low factor, {lowFactor}.", nameof(highFactor));
        }

        return With(
            pair =>
            {
                double turns = trainedPositions * Math.Abs(_values[pair]) / (2 * Math.PI);
                double smooth = Math.Clamp((turns - lowFactor) / (highFactor - lowFactor), 0, 1);
                return ((1 - smooth) * _values[pair] / factor) + (smooth * _values[pair]);
            },
            1,
            nameof(factor));
    }

    /// <summary>θᵢ / factorᵢ, and an attention factor √(1 + ln(stretch)/ln(trained)).</summary>
    /// <remarks>Ding et al., "LongRoPE: Extending LLM Context Window Beyond 2 Million Tokens", 2024, as in Phi-3. A model has two lists of
    /// factors: the short one is for sequences of up to the trained positions, the long one for longer ones.</remarks>
    /// <param name="factors">A factor for each pair; positive and finite.</param>
    /// <param name="trainedPositions">How many positions the model was trained on; at least 2.</param>
    /// <param name="stretch">How many times as many positions the model is for; up to 1 the attention factor is 1.</param>
    /// <returns>The scaled frequencies.</returns>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public RotaryFrequencies LongRope(ReadOnlySpan<double> factors, int trainedPositions, double stretch)
    {
        if (factors.Length != _values.Length)
        {
            throw new ArgumentException(
                $"There are {factors.Length} factors; there must be one for each pair, {_values.Length}.", nameof(factors));
        }

        foreach (double factor in factors)
            CheckPositive(factor, nameof(factors));
        ArgumentOutOfRangeException.ThrowIfLessThan(trainedPositions, 2);
        CheckPositive(stretch, nameof(stretch));
        double[] divisors = factors.ToArray();
        return With(
            pair => _values[pair] / divisors[pair],
            Math.Sqrt(1 + (Math.Log(Math.Max(stretch, 1)) / Math.Log(trainedPositions))),
            nameof(factors));
    }

    private static void CheckPositive(double number, string name)
    {
        if (!(number > 0 && double.IsFinite(number)))
            throw new ArgumentException($"'{name}' is {number}; it must be positive and finite.", name);
    }

    private RotaryFrequencies With(Func<int, double> frequency, double attentionFactor, string name) =>
        new([.. Enumerable.Range(0, _values.Length).Select(frequency)], AttentionFactor * attentionFactor, name);

    private double Base() => _base ?? throw new InvalidOperationException(
        "The frequencies are no longer those of a base, or never were; this scaling is of the frequencies of a base.");
}
