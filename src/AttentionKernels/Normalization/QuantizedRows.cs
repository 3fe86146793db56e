using AttentionKernels.Tensors;

namespace AttentionKernels;

/// <summary>Where rows are stored in 8 bits a number, as the inputs of quantised linear layers are: stored = round(x / scale), to the
/// nearest, of two the even one, and saturated. The scale is given, one for all, or each row has its own: max |x| / the largest number that
/// can be stored, 127, 448 or 57344.</summary>
/// <remarks>
/// The rule is that of paged caches with a scale for each token and head (<see cref="PageScales.TokenAndHead"/>), or a given one. A row of
/// zeros has the scale 1, and no scale that is found is less than 2⁻¹²⁶. Where scales are found, a NaN or an infinity becomes the scale of
/// its row, and so shows in all of it once that is multiplied; under a given scale <see cref="NumberFormat"/> says what becomes of them.
/// </remarks>
/// <example>
/// <code>
/// using Tensor&lt;BFloat16> input = device.Allocate&lt;BFloat16>([16, 64]);
/// using Tensor&lt;float> weight = device.Allocate&lt;float>([64]);
/// using Tensor&lt;sbyte> numbers = device.Allocate&lt;sbyte>([16, 64]);
/// using Tensor&lt;float> scales = device.Allocate&lt;float>([16]);
/// device.RmsNorm(input, weight, new QuantizedRows(numbers, scales), NumberFormat.BFloat16);
/// </code>
/// </example>
public readonly struct QuantizedRows
{
    // Of the argument "output".
    private const string ScalesName = "output.Scales";

    private readonly TensorView<sbyte>? _int8;
    private readonly TensorView<byte>? _float8;

    /// <summary>Whole numbers from −127 to 127, and the scale of each row.</summary>
    /// <param name="numbers">[…, hidden], with rows at equal distances, or at two.</param>
    /// <param name="scales">[…], fp32, dense: what the numbers of a row are multiplied by; written.</param>
    public QuantizedRows(TensorView<sbyte> numbers, TensorView<float> scales)
        : this(NumberFormat.Int8, numbers, null, scales, 0f)
    {
    }

    /// <summary>Whole numbers from −127 to 127, and one scale for all.</summary>
    /// <param name="numbers">[…, hidden], with rows at equal distances, or at two.</param>
    /// <param name="scale">What the numbers are multiplied by.</param>
    /// <exception cref="ArgumentException">The scale is not positive and finite.</exception>
    public QuantizedRows(TensorView<sbyte> numbers, float scale)
        : this(NumberFormat.Int8, numbers, null, null, Checked(scale))
    {
    }

    /// <summary>Numbers of fp8, and the scale of each row.</summary>
    /// <param name="numbers">[…, hidden], with rows at equal distances, or at two.</param>
    /// <param name="format"><see cref="NumberFormat.Float8E4M3"/> or <see cref="NumberFormat.Float8E5M2"/>.</param>
    /// <param name="scales">[…], fp32, dense: what the numbers of a row are multiplied by; written.</param>
    /// <exception cref="ArgumentException">The format is another one.</exception>
    public QuantizedRows(TensorView<byte> numbers, NumberFormat format, TensorView<float> scales)
        : this(Checked(format), null, numbers, scales, 0f)
    {
    }

    /// <summary>Numbers of fp8, and one scale for all.</summary>
    /// <param name="numbers">[…, hidden], with rows at equal distances, or at two.</param>
    /// <param name="format"><see cref="NumberFormat.Float8E4M3"/> or <see cref="NumberFormat.Float8E5M2"/>.</param>
    /// <param name="scale">What the numbers are multiplied by.</param>
    /// <exception cref="ArgumentException">The format is another one, or the scale is not positive and finite.</exception>
    public QuantizedRows(TensorView<byte> numbers, NumberFormat format, float scale)
        : this(Checked(format), null, numbers, null, Checked(scale))
    {
    }

    private QuantizedRows(NumberFormat format, TensorView<sbyte>? int8, TensorView<byte>? float8, TensorView<float>? scales, float scale)
    {
        (_int8, _float8) = (int8, float8);
        (Format, Scales, Scale) = (format, scales, scale);
    }

    /// <summary>The format of the numbers; <see langword="null"/> in a default value.</summary>
    internal NumberFormat? Format { get; }

    /// <summary>The scales of rows, if they are found.</summary>
    internal TensorView<float>? Scales { get; }

    /// <summary>The scale that is given otherwise.</summary>
    internal float Scale { get; }

    /// <summary>The numbers as bytes, of a value that was checked.</summary>
    internal TensorView<byte> Numbers =>
        _int8 is { } numbers ? new(numbers.Data.Cast<byte>(), numbers.Shape, numbers.Strides) : _float8!.Value;

    /// <summary>Checks that rows of a shape can be stored, as the argument "output".</summary>
    internal void Check(AttentionDevice device, TensorShape shape, string output)
    {
        if (Format is null)
            throw new ArgumentException($"'{output}' is a default value, without numbers; make it of a tensor of them.", output);
        _int8?.CheckOutput(device, shape, output);
        _float8?.CheckOutput(device, shape, output);
        if (Scales is not { } scales)
            return;
        scales.CheckOutput(device, shape.Outer(shape.Rank - 1), ScalesName);
        scales.CheckDense(ScalesName);
        scales.CheckDisjoint(ScalesName, Numbers.Footprint, output);
    }

    /// <summary>Checks that neither numbers nor scales overlap another tensor.</summary>
    internal void CheckDisjoint(string output, in Footprint other, string otherName)
    {
        Numbers.CheckDisjoint(output, other, otherName);
        Scales?.CheckDisjoint(ScalesName, other, otherName);
    }

    private static float Checked(float scale) => scale > 0f && float.IsFinite(scale)
        ? scale
        : throw new ArgumentException($"The scale is {scale}; it must be positive and finite.", nameof(scale));

    private static NumberFormat Checked(NumberFormat format)
    {
        ArgumentNullException.ThrowIfNull(format);
        return format == NumberFormat.Float8E4M3 || format == NumberFormat.Float8E5M2
            ? format
            : throw new ArgumentException(
                $"The format is {format}; it must be {NumberFormat.Float8E4M3} or {NumberFormat.Float8E5M2}.", nameof(format));
    }
}
