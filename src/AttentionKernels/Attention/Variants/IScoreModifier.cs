namespace AttentionKernels;

/// <summary>
/// Changes a score, query · key · scale, before the softmax. A modifier is a struct; kernels are compiled for it, and its fields travel
/// with the kernel's arguments.
/// </summary>
/// <remarks>The struct must be public and its method fit for a kernel, as <see cref="IMask{TSelf}"/> says. A result of −∞ masks the
/// key.</remarks>
/// <typeparam name="TSelf">The modifier itself.</typeparam>
public interface IScoreModifier<TSelf>
    where TSelf : struct, IScoreModifier<TSelf>
{
    /// <summary>Whether <see cref="Apply"/> returns every score as it is. Kernels then do not call it.</summary>
    static virtual bool IsIdentity => false;

    /// <summary>The changed score.</summary>
    /// <param name="self">The modifier.</param>
    /// <param name="score">The scaled score; for a masked position it may be anything, and the result is not used.</param>
    /// <param name="at">The position.</param>
    /// <returns>The score that enters the softmax.</returns>
    static abstract float Apply(in TSelf self, float score, in Position at);
}
