namespace AttentionKernels;

/// <summary>
/// The frequencies θᵢ of rotary embedding, one a pair: a pair of a token at position p is turned by p·θᵢ. Of a base, or a model's own; and
/// scaled for positions beyond those that a model was trained on.
/// </summary>
/// <remarks>
/// <para>Immutable: each scaling gives new frequencies. All is computed in fp64. <see cref="RotaryTable"/> makes a table of them.</para>
/// <para>Of a base, θᵢ = base^(−2i/rotaryDim); Su et al., "RoFormer: Enhanced transformer with rotary position embedding", 2021.</para>
/// </remarks>
/// <example>
/// <code>
/// // Llama 3.1
/// var frequencies = new RotaryFrequencies(128, 500_000).Llama3(8, trainedPositions: 8192);
/// using var table = new RotaryTable(device, 131_072, frequencies);
/// </code>
/// </example>
public sealed partial class RotaryFrequencies
{
    /// <summary>The base of the original paper.</summary>
    public const double DefaultBase = 10_000;

    // Far beyond what rotates anything, and their products are finite, in fp32 too.
    private const double LargestFrequency = 1e30;
    private const double LargestFactor = 1e30;

    private readonly double[] _values;

    // Where frequencies are still those of a base.
    private readonly double? _base;

    /// <summary>The frequencies of a base.</summary>
    /// <param name="rotaryDimension">The rotary dimension: how many elements of a head are rotated; even, at least 2.</param>
    /// <param name="rotaryBase">The base; greater than 1 and finite.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public RotaryFrequencies(int rotaryDimension, double rotaryBase = DefaultBase)
    {
        CheckDimension(rotaryDimension, nameof(rotaryDimension));
        CheckBase(rotaryBase, nameof(rotaryBase));
        _values = new double[rotaryDimension / 2];
        for (int pair = 0; pair < _values.Length; pair++)
            _values[pair] = Math.Pow(rotaryBase, -2.0 * pair / rotaryDimension);
        _base = rotaryBase;
        AttentionFactor = 1;
    }

    /// <summary>Frequencies of one's own.</summary>
    /// <param name="frequencies">A frequency for each pair, at least one; from −1e30 to 1e30.</param>
    /// <param name="attentionFactor">What rotated elements are multiplied by; from 1e-30 to 1e30.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public RotaryFrequencies(ReadOnlySpan<double> frequencies, double attentionFactor = 1)
    {
        if (frequencies.IsEmpty)
            throw new ArgumentException("There are no frequencies; there must be one for each pair.", nameof(frequencies));
        Check(frequencies, nameof(frequencies));
        CheckFactor(attentionFactor, nameof(attentionFactor));
        _values = frequencies.ToArray();
        AttentionFactor = attentionFactor;
    }

    private RotaryFrequencies(double[] values, double attentionFactor, string name)
    {
        Check(values, name);
        CheckFactor(attentionFactor, name);
        _values = values;
        AttentionFactor = attentionFactor;
    }

    /// <summary>The frequency of each pair.</summary>
    public ReadOnlySpan<double> Values => _values;

    /// <summary>Elements of a head that are rotated: two for each frequency.</summary>
    public int RotaryDimension => 2 * _values.Length;

    /// <summary>What rotated elements are multiplied by, 1 unless a scaling has another; with queries and keys both, scores are multiplied
    /// by its square.</summary>
    public double AttentionFactor { get; }

    /// <summary>Checks a rotary dimension.</summary>
    /// <exception cref="ArgumentException">It is out of range.</exception>
    internal static void CheckDimension(int rotaryDimension, string name)
    {
        if (rotaryDimension < 2 || rotaryDimension % 2 != 0)
            throw new ArgumentException($"The rotary dimension is {rotaryDimension}; it must be even and at least 2.", name);
    }

    /// <summary>Checks a base.</summary>
    /// <exception cref="ArgumentException">It is not greater than 1 and finite.</exception>
    internal static void CheckBase(double number, string name)
    {
        if (!(number > 1 && double.IsFinite(number)))
            throw new ArgumentException($"The base is {number}; it must be greater than 1 and finite.", name);
    }

    private static void Check(ReadOnlySpan<double> frequencies, string name)
    {
        foreach (double frequency in frequencies)
        {
            if (!(Math.Abs(frequency) <= LargestFrequency))
            {
                throw new ArgumentException(
                    $"By '{name}' a frequency is {frequency}; each must be from −{LargestFrequency} to {LargestFrequency}.", name);
            }
        }
    }

    private static void CheckFactor(double attentionFactor, string name)
    {
        if (!(attentionFactor is >= 1 / LargestFactor and <= LargestFactor))
        {
            throw new ArgumentException(
                $"By '{name}' the attention factor is {attentionFactor}; it must be from {1 / LargestFactor} to {LargestFactor}.", name);
        }
    }
}
