using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace AttentionKernels.Rooflines;

/// <summary>A loop that does nothing but fp32 multiply-adds, in the widest vectors of the processor.</summary>
internal static class FmaLoop
{
    /// <summary>As many chains as two units with a latency of four cycles need; with the factors they fit 16 registers.</summary>
    private const int Chains = 10;

    private const float Factor = 0.9999f, Summand = 1e-4f;

    private static float _sink;

    /// <summary>Runs the loop on this thread.</summary>
    /// <param name="steps">How often each chain is multiplied and added to.</param>
    /// <returns>The floating-point operations, two for each number and step.</returns>
    public static double Run(int steps) => Vector512.IsHardwareAccelerated ? Run<Wide512>(steps) : Run<Wide256>(steps);

    // Compiled in full before it runs: what it measures is not how well it is warmed up.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Run<T>(int steps)
        where T : struct, IWide<T>
    {
        T factor = T.Of(Factor), summand = T.Of(Summand);
        T x0 = T.Of(0), x1 = T.Of(1), x2 = T.Of(2), x3 = T.Of(3), x4 = T.Of(4);
        T x5 = T.Of(5), x6 = T.Of(6), x7 = T.Of(7), x8 = T.Of(8), x9 = T.Of(9);
        for (int step = 0; step < steps; step++)
        {
            x0 = T.MultiplyAdd(x0, factor, summand);
            x1 = T.MultiplyAdd(x1, factor, summand);
            x2 = T.MultiplyAdd(x2, factor, summand);
            x3 = T.MultiplyAdd(x3, factor, summand);
            x4 = T.MultiplyAdd(x4, factor, summand);
            x5 = T.MultiplyAdd(x5, factor, summand);
            x6 = T.MultiplyAdd(x6, factor, summand);
            x7 = T.MultiplyAdd(x7, factor, summand);
            x8 = T.MultiplyAdd(x8, factor, summand);
            x9 = T.MultiplyAdd(x9, factor, summand);
        }

        // The sum goes where nobody looks, so that it has to be computed.
        float sum = T.Sum(x0) + T.Sum(x1) + T.Sum(x2) + T.Sum(x3) + T.Sum(x4) + T.Sum(x5) + T.Sum(x6) + T.Sum(x7) + T.Sum(x8) + T.Sum(x9);
        Volatile.Write(ref _sink, sum);
        return 2.0 * T.Count * Chains * steps;
    }

    /// <summary>A vector of one width.</summary>
    private interface IWide<T>
    {
        static abstract int Count { get; }

        static abstract T Of(float value);

        static abstract T MultiplyAdd(T factor, T other, T summand);

        static abstract float Sum(T vector);
    }

    private readonly struct Wide512(Vector512<float> value) : IWide<Wide512>
    {
        private readonly Vector512<float> _value = value;

        public static int Count => Vector512<float>.Count;

        public static Wide512 Of(float value) => new(Vector512.Create(value));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Wide512 MultiplyAdd(Wide512 factor, Wide512 other, Wide512 summand) =>
            new(Vector512.FusedMultiplyAdd(factor._value, other._value, summand._value));

        public static float Sum(Wide512 vector) => Vector512.Sum(vector._value);
    }

    private readonly struct Wide256(Vector256<float> value) : IWide<Wide256>
    {
        private readonly Vector256<float> _value = value;

        public static int Count => Vector256<float>.Count;

        public static Wide256 Of(float value) => new(Vector256.Create(value));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Wide256 MultiplyAdd(Wide256 factor, Wide256 other, Wide256 summand) =>
            new(Vector256.FusedMultiplyAdd(factor._value, other._value, summand._value));

        public static float Sum(Wide256 vector) => Vector256.Sum(vector._value);
    }
}
