namespace AttentionKernels.MicroKernels;

/// <summary>Something to be done with a vector width as its compile-time choice; results are left in its fields.</summary>
internal interface IVectorWidthAction
{
    /// <summary>Does it.</summary>
    void Invoke<TWidth>()
        where TWidth : struct, IVectorWidth;
}

/// <summary>From a device's number of lanes to the type that kernels take it as.</summary>
internal static class VectorWidths
{
    /// <summary>The type of the width of so many lanes.</summary>
    public static Type Of(int lanes)
    {
        var width = default(TypeOf);
        Invoke(lanes, ref width);
        return width.Type!;
    }

    /// <summary>Invokes the action with the width of so many lanes.</summary>
    public static void Invoke<TAction>(int lanes, ref TAction action)
        where TAction : struct, IVectorWidthAction
    {
        switch (lanes)
        {
            case 16:
                action.Invoke<SixteenLanes>();
                break;
            case 8:
                action.Invoke<EightLanes>();
                break;
            default:
                action.Invoke<FourLanes>();
                break;
        }
    }

    private struct TypeOf : IVectorWidthAction
    {
        public Type? Type { get; private set; }

        public void Invoke<TWidth>()
            where TWidth : struct, IVectorWidth => Type = typeof(TWidth);
    }
}
