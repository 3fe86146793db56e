namespace AttentionKernels.Tests.Infrastructure;

/// <summary>The types that tensors of attention can be stored in, with conversions that owe nothing to the library's.</summary>
internal static class StoredType
{
    public static StoredType<float> Float32 { get; } = new(NumberFormat.Float32, value => value, stored => stored);

    public static StoredType<Half> Float16 { get; } = new(NumberFormat.Float16, value => (Half)value, stored => (float)stored);

    public static StoredType<BFloat16> BFloat16 { get; } = new(
        NumberFormat.BFloat16,
        value => AttentionKernels.BFloat16.FromBits(NearestBf16(value)),
        stored => BitConverter.UInt32BitsToSingle((uint)stored.Bits << 16));

    /// <summary>The bits of the nearest bf16 number: of the two around the value the nearer one, of two as near the even one.</summary>
    public static ushort NearestBf16(float value)
    {
        ushort towardsZero = (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16);
        if (float.IsNaN(value))
            return (ushort)(towardsZero | 0x40);
        if (float.IsInfinity(value))
            return towardsZero;
        double below = Math.Abs((double)BitConverter.UInt32BitsToSingle((uint)towardsZero << 16));

        // Beyond the largest number lies 2¹²⁸, as far from it as the number before is.
        double above = towardsZero << 17 == 0x7F7F << 17 ? Math.ScaleB(1, 128) : Math.Abs((double)BitConverter.UInt32BitsToSingle((towardsZero + 1u) << 16));
        double fromBelow = Math.Abs((double)value) - below;
        double fromAbove = above - Math.Abs((double)value);
        bool takesAbove = fromAbove < fromBelow || (fromAbove == fromBelow && (towardsZero & 1) == 1);
        return (ushort)(takesAbove ? towardsZero + 1 : towardsZero);
    }
}

/// <summary>How a test stores numbers in <typeparamref name="T"/>.</summary>
internal sealed record StoredType<T>(NumberFormat<T> Type, Func<float, T> Narrow, Func<T, float> Widen)
    where T : unmanaged
{
    public T[] Store(float[] values) => Array.ConvertAll(values, value => Narrow(value));

    public float[] Load(T[] stored) => Array.ConvertAll(stored, value => Widen(value));

    /// <summary>How a schedule rounds weights before it multiplies values with them; <see langword="null"/> where it does not.</summary>
    public Func<float, float>? RoundingOf(KernelSchedule schedule) =>
        schedule == KernelSchedule.TensorCore ? weight => Widen(Narrow(weight)) : null;

    /// <summary>The numbers as they are once stored.</summary>
    public float[] Round(float[] values) => Load(Store(values));
}
