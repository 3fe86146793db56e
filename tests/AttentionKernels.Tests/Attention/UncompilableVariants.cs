namespace AttentionKernels.Tests.Attention;

/// <summary>A mask that no device can run: kernels have no exceptions.</summary>
public readonly struct ThrowingMask : IMask<ThrowingMask>
{
    public static bool Allows(in ThrowingMask self, in Position at) => at.Key >= 0 ? true : throw new InvalidOperationException();
}

/// <summary>A mask that only the test of recovery uses, so that its kernels are compiled there.</summary>
public readonly struct RecoveryMask : IMask<RecoveryMask>
{
    public static bool Allows(in RecoveryMask self, in Position at) => at.Key != 1;
}
