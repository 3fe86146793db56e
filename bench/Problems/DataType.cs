namespace AttentionKernels.Problems;

/// <summary>How numbers are stored, by the name that the command line has for it, and which numbers can be stored so exactly.</summary>
/// <remarks>
/// What is stored must be known to the last bit, for results are held to an oracle. So inputs are made of numbers that the format has:
/// under a scale that is found from a row, each row holds the format's largest number times a power of two, and that power becomes the
/// scale.
/// </remarks>
internal sealed class DataType
{
    private readonly Func<float, float> _round;
    private readonly float? _largest;

    private DataType(string name, NumberFormat format, double bytes, Func<float, float> round, float? largest = null)
    {
        (Name, Format, Bytes, _round, _largest) = (name, format, bytes, round, largest);
    }

    /// <summary>All types.</summary>
    public static IReadOnlyList<DataType> All { get; } =
    [
        new("fp32", NumberFormat.Float32, 4, number => number),
        new("fp16", NumberFormat.Float16, 2, number => (float)(Half)number),
        new("bf16", NumberFormat.BFloat16, 2, number => (float)(BFloat16)number),
        new("fp8-e4m3", NumberFormat.Float8E4M3, 1, number => Significant(number, bits: 4, leastStep: MathF.ScaleB(1, -16)), 3.5f),
        new("fp8-e5m2", NumberFormat.Float8E5M2, 1, number => Significant(number, bits: 3, leastStep: MathF.ScaleB(1, -30)), 3.5f),
        new("int8", NumberFormat.Int8, 1, number => Whole(number, step: 1f / 32, most: 127), 127f / 32),
        new("int4", NumberFormat.Int4, 0.5, number => Whole(number, step: 1f / 2, most: 7), 3.5f),
    ];

    /// <summary>fp32.</summary>
    public static DataType Float32 { get; } = Find("fp32");

    /// <summary>The name.</summary>
    public string Name { get; }

    /// <summary>The library's name for it.</summary>
    public NumberFormat Format { get; }

    /// <summary>The bytes of a number, without its share of a scale.</summary>
    public double Bytes { get; }

    /// <summary>Whether tensors can have it without a scale, and not the pages of a cache alone.</summary>
    public bool IsOfTensors => _largest is null;

    /// <summary>The type of queries and outputs beside keys and values of this one: itself, or fp32.</summary>
    public DataType OfQueries => IsOfTensors ? this : Float32;

    /// <summary>The type of a name.</summary>
    /// <exception cref="FormatException">There is none; the message has the names that there are.</exception>
    public static DataType Find(string name) =>
        All.FirstOrDefault(type => type.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? throw new FormatException($"The data type is '{name}'; it must be one of {string.Join(", ", All.Select(type => type.Name))}.");

    /// <summary>The nearest number that the type has, by and large.</summary>
    public float Round(float number) => _round(number);

    /// <summary>Numbers near the given ones that are stored exactly.</summary>
    /// <param name="numbers">Rows of numbers that are about 1.</param>
    /// <param name="row">The numbers of a row, which have a scale in common.</param>
    public float[] Storable(float[] numbers, int row)
    {
        if (this == Float32)
            return numbers;
        float[] stored = Array.ConvertAll(
            numbers, number => _largest is { } most ? Math.Clamp(_round(number), -most, most) : _round(number));
        if (_largest is { } largest)
        {
            // One of each row, and not the same of all.
            for (int first = 0; first < stored.Length; first += row)
                stored[first + (first / row % row)] = largest;
        }

        return stored;
    }

    /// <inheritdoc/>
    public override string ToString() => Name;

    private static float Whole(float number, float step, int most) => Math.Clamp(MathF.Round(number / step), -most, most) * step;

    private static float Significant(float number, int bits, float leastStep)
    {
        float step = number == 0 ? leastStep : Math.Max(leastStep, MathF.ScaleB(1, MathF.ILogB(number) + 1 - bits));
        return MathF.Round(number / step) * step;
    }
}
