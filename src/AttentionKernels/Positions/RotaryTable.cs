namespace AttentionKernels;

/// <summary>
/// cos(p·θᵢ) and sin(p·θᵢ) with θᵢ = base^(−2i/rotaryDim), for each position p and pair i, computed in fp64 on the host: the
/// approximations that devices have are not good enough for angles far above 2π.
/// </summary>
/// <remarks>Su et al., "RoFormer: Enhanced transformer with rotary position embedding", 2021.</remarks>
public sealed class RotaryTable : IDisposable
{
    /// <summary>The base of the original paper.</summary>
    public const double DefaultBase = 10_000;

    /// <summary>Computes the table and uploads it.</summary>
    /// <param name="device">The device.</param>
    /// <param name="positions">The number of positions, from 0 on; at least 1.</param>
    /// <param name="rotaryDimension">The rotary dimension: how many elements of a head are rotated; even, at least 2.</param>
    /// <param name="rotaryBase">The base; greater than 1 and finite.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
    /// <exception cref="ObjectDisposedException">The device is disposed.</exception>
    public RotaryTable(AttentionDevice device, int positions, int rotaryDimension, double rotaryBase = DefaultBase)
    {
        ArgumentNullException.ThrowIfNull(device);
        device.ThrowIfDisposed();
        ArgumentOutOfRangeException.ThrowIfLessThan(positions, 1);
        if (rotaryDimension < 2 || rotaryDimension % 2 != 0)
        {
            throw new ArgumentException(
                $"The rotary dimension is {rotaryDimension}; it must be even and at least 2.", nameof(rotaryDimension));
        }

        if (!(rotaryBase > 1 && double.IsFinite(rotaryBase)))
            throw new ArgumentException($"The base is {rotaryBase}; it must be greater than 1 and finite.", nameof(rotaryBase));
        int pairs = rotaryDimension / 2;
        if ((long)positions * pairs > Array.MaxLength)
        {
            throw new ArgumentException(
                $"A table of {positions} positions × {pairs} pairs is asked for; it must have at most {Array.MaxLength} entries.",
                nameof(positions));
        }

        Device = device;
        Positions = positions;
        RotaryDimension = rotaryDimension;
        var cosine = new float[positions * pairs];
        var sine = new float[cosine.Length];
        for (int pair = 0; pair < pairs; pair++)
        {
            double frequency = Math.Pow(rotaryBase, -2.0 * pair / rotaryDimension);
            for (int position = 0; position < positions; position++)
            {
                (double sin, double cos) = Math.SinCos(position * frequency);
                cosine[(position * pairs) + pair] = (float)cos;
                sine[(position * pairs) + pair] = (float)sin;
            }
        }

        Cosine = device.Upload(cosine, [positions, pairs]);
        try
        {
            Sine = device.Upload(sine, [positions, pairs]);
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

    /// <summary>Frees the table.</summary>
    public void Dispose()
    {
        Cosine.Dispose();
        Sine.Dispose();
    }
}
