namespace AttentionKernels.Simd;

/// <summary>Something to be done with a vector as its compile-time choice; results are left in its fields.</summary>
internal interface IVectorAction
{
    /// <summary>Does it.</summary>
    void Invoke<TVector>()
        where TVector : struct, IVector<TVector>;
}

/// <summary>From a device's number of lanes to the vector that kernels take it as.</summary>
internal static class Vectors
{
    /// <summary>The vector of so many lanes.</summary>
    public static Type Of(int lanes)
    {
        var vector = default(TypeOf);
        Invoke(lanes, ref vector);
        return vector.Type!;
    }

    /// <summary>Invokes the action with the vector of so many lanes.</summary>
    public static void Invoke<TAction>(int lanes, ref TAction action)
        where TAction : struct, IVectorAction
    {
        switch (lanes)
        {
            case 16:
                action.Invoke<Fp32x16>();
                break;
            case 8:
                action.Invoke<Fp32x8>();
                break;
            default:
                action.Invoke<Fp32x4>();
                break;
        }
    }

    private struct TypeOf : IVectorAction
    {
        public Type? Type { get; private set; }

        void IVectorAction.Invoke<TVector>() => Type = typeof(TVector);
    }
}
