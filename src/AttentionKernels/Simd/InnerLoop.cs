using System.Runtime.CompilerServices;

namespace AttentionKernels.Simd;

/// <summary>How methods are compiled that loop over vectors.</summary>
internal static class InnerLoop
{
    /// <summary>
    /// With all optimisations at once, since the first tokens of a program should not wait for the runtime's tiers; and never into a
    /// caller. A profile makes the runtime inline a loop into the caller that runs often, where what may be inlined at all is used up
    /// halfway: the operations of <see cref="IVector{TSelf}"/> in the loop became calls, and rotary embedding took six times as long.
    /// </summary>
    public const MethodImplOptions Compilation = MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining;
}
