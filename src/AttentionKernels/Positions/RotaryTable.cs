namespace AttentionKernels;

/// <summary>
/// a·cos(p·θᵢ) and a·sin(p·θᵢ) for each position p and pair i, with the frequencies θ and the attention factor a of
/// <see cref="RotaryFrequencies"/>, computed in fp64 on the host: the approximations that devices have are not good enough for angles far
/// above 2π. Or the rows of tokens that have several positions, which are gathered from such a table (<see cref="OfTokens"/>): a row stands
/// in the place of a position then.
/// </summary>
/// <remarks>Su et al., "RoFormer: Enhanced transformer with rotary position embedding", 2021.</remarks>
public sealed class RotaryTable : IDisposable
{
    /// <summary>The base of the original paper.</summary>
    public const double DefaultBase = RotaryFrequencies.DefaultBase;

    // None of rows of tokens.
    private readonly RotaryFrequencies? _frequencies;
    private readonly bool _isInverse;

    /// <summary>Computes the table of the frequencies θᵢ = base^(−2i/rotaryDim), and uploads it.</summary>
    /// <param name="device">The device.</param>
    /// <param name="positions">The number of positions, from 0 on; at least 1.</param>
    /// <param name="rotaryDimension">The rotary dimension: how many elements of a head are rotated; even, at least 2.</param>
    /// <param name="rotaryBase">The base; greater than 1 and finite.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
    /// <exception cref="ObjectDisposedException">The device is disposed.</exception>
    /// <example>
    /// <code>
    /// using var table = new RotaryTable(device, positions: 4096, rotaryDimension: 128);
    /// using Tensor&lt;float> query = device.Allocate&lt;float>([1, 16, 32, 128]);
    /// device.RotaryEmbedding(query, table, query, RotaryStyle.HalfSplit);         // in place
    /// </code>
    /// </example>
    public RotaryTable(AttentionDevice device, int positions, int rotaryDimension, double rotaryBase = DefaultBase)
        : this(
            Checked(device, positions, rotaryDimension / 2, nameof(positions)), positions,
            new RotaryFrequencies(rotaryDimension, rotaryBase))
    {
    }

    /// <summary>Computes the table and uploads it.</summary>
    /// <param name="device">The device.</param>
    /// <param name="positions">The number of positions, from 0 on; at least 1.</param>
    /// <param name="frequencies">The frequencies.</param>
    /// <exception cref="ArgumentException">There are too many positions for a table.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="positions"/> is not positive.</exception>
    /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
    /// <exception cref="ObjectDisposedException">The device is disposed.</exception>
    public RotaryTable(AttentionDevice device, int positions, RotaryFrequencies frequencies)
        : this(device, positions, frequencies, isInverse: false)
    {
    }

    private RotaryTable(AttentionDevice device, int positions, RotaryFrequencies frequencies, bool isInverse)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(frequencies);
        ReadOnlySpan<double> values = frequencies.Values;
        Device = Checked(device, positions, values.Length, nameof(positions));
        Positions = positions;
        RotaryDimension = frequencies.RotaryDimension;
        _frequencies = frequencies;
        _isInverse = isInverse;
        double factor = isInverse ? 1 / frequencies.AttentionFactor : frequencies.AttentionFactor;
        double sign = isInverse ? -1 : 1;
        var cosine = new float[positions * values.Length];
        var sine = new float[cosine.Length];
        for (int pair = 0; pair < values.Length; pair++)
        {
            for (int position = 0; position < positions; position++)
            {
                (double sin, double cos) = Math.SinCos(position * values[pair]);
                cosine[(position * values.Length) + pair] = (float)(factor * cos);
                sine[(position * values.Length) + pair] = (float)(sign * factor * sin);
            }
        }

        Cosine = device.Upload(cosine, [positions, values.Length]);
        try
        {
            Sine = device.Upload(sine, [positions, values.Length]);
        }
        catch
        {
            Cosine.Dispose();
            throw;
        }
    }

    private RotaryTable(AttentionDevice device, int tokens, int pairs)
    {
        Device = Checked(device, tokens, pairs, nameof(tokens));
        Positions = tokens;
        RotaryDimension = 2 * pairs;
        Cosine = device.Allocate<float>([tokens, pairs]);
        try
        {
            Sine = device.Allocate<float>([tokens, pairs]);
        }
        catch
        {
            Cosine.Dispose();
            throw;
        }
    }

    /// <summary>The device.</summary>
    public AttentionDevice Device { get; }

    /// <summary>The number of positions.</summary>
    public int Positions { get; }

    /// <summary>The rotary dimension: elements of a head that are rotated.</summary>
    public int RotaryDimension { get; }

    /// <summary>The cosines [positions, rotaryDim / 2].</summary>
    public Tensor<float> Cosine { get; }

    /// <summary>The sines [positions, rotaryDim / 2].</summary>
    public Tensor<float> Sine { get; }

    /// <summary>The table that undoes rotations by this one: angles of the other sign, over the attention factor instead of times
    /// it.</summary>
    /// <remarks>It is made of the frequencies, anew. A rotation leaves lengths as they are, so the gradient of its input is the gradient of
    /// its output, rotated by this table; of the rotated elements times the square of the attention factor, where it is not 1.</remarks>
    /// <returns>The table; the caller disposes it.</returns>
    /// <exception cref="InvalidOperationException">These are rows of tokens; those of the table's inverse undo them.</exception>
    /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
    /// <exception cref="ObjectDisposedException">The device is disposed.</exception>
    public RotaryTable Inverse() => _frequencies is null
        ? throw new InvalidOperationException("These are rows of tokens; gather those of the inverse of the table that they are from.")
        : new RotaryTable(Device, Positions, _frequencies, !_isInverse);

    /// <summary>Memory for the angles of tokens, each with a row of its own in the place of a position;
    /// <see cref="RotaryOperations.GatherRotary"/> fills it.</summary>
    /// <param name="device">The device.</param>
    /// <param name="tokens">The most tokens; at least 1.</param>
    /// <param name="rotaryDimension">The rotary dimension; even, at least 2.</param>
    /// <returns>The rows; the caller disposes them.</returns>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
    /// <exception cref="ObjectDisposedException">The device is disposed.</exception>
    public static RotaryTable OfTokens(AttentionDevice device, int tokens, int rotaryDimension)
    {
        RotaryFrequencies.CheckDimension(rotaryDimension, nameof(rotaryDimension));
        return new RotaryTable(device, tokens, rotaryDimension / 2);
    }

    /// <summary>Checks that rows for so many tokens of a table can be gathered here.</summary>
    /// <exception cref="ArgumentException">They cannot.</exception>
    internal void CheckRows(RotaryTable table, long tokens, string name)
    {
        if (_frequencies is not null)
            throw new ArgumentException("The rows are a table of frequencies; they must be made by RotaryTable.OfTokens.", name);
        if (RotaryDimension != table.RotaryDimension)
        {
            throw new ArgumentException(
                $"The rotary dimension of the rows is {RotaryDimension}; it must be that of the table, {table.RotaryDimension}.", name);
        }

        if (tokens > Positions)
            throw new ArgumentException($"There are rows for {Positions} tokens; there must be some for {tokens}.", name);
        if (table == this)
            throw new ArgumentException("The rows are the table itself; they must be others.", name);
    }

    /// <summary>Frees the table.</summary>
    public void Dispose()
    {
        Cosine.Dispose();
        Sine.Dispose();
    }

    // Before anything is computed, which takes a while.
    private static AttentionDevice Checked(AttentionDevice device, int rows, int pairs, string name)
    {
        ArgumentNullException.ThrowIfNull(device);
        device.ThrowIfDisposed();
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1, name);
        return (long)rows * pairs <= Array.MaxLength
            ? device
            : throw new ArgumentException(
                $"A table of {rows} {name} × {pairs} pairs is asked for; it must have at most {Array.MaxLength} entries.", name);
    }
}
