using System.Globalization;
using ILGPU;
using ILGPU.Backends;
using ILGPU.Backends.OpenCL;
using ILGPU.IR;
using ILGPU.IR.Types;
using ILGPU.Util;

namespace AttentionKernels.Intrinsics;

/// <summary>What the OpenCL bodies of the intrinsics share: operands as text, results declared, statements written.</summary>
internal static class OpenClText
{
    /// <summary>The operand as an OpenCL C expression. Constants come as objects without a C spelling of their own.</summary>
    public static string Operand(CLCodeGenerator generator, Value value) => generator.Load(value) switch
    {
        VariableAllocator.ConstantVariable { Value: var constant } when constant.BasicValueType == BasicValueType.Float32 =>
            $"as_float(0x{BitConverter.SingleToUInt32Bits(constant.Float32Value):x8}u)",
        VariableAllocator.ConstantVariable { Value: var constant } => constant.Int64Value.ToString(CultureInfo.InvariantCulture),
        var variable => variable.ToString(),
    };

    /// <summary>The OpenCL name of the address space that a pointer operand lies in.</summary>
    public static string AddressSpace(Value pointer) => ((AddressSpaceType)pointer.Type).AddressSpace switch
    {
        MemoryAddressSpace.Global => "global",
        MemoryAddressSpace.Shared => "local",
        MemoryAddressSpace.Local => "private",
        _ => "",
    };

    /// <summary>Writes <c>result = expression;</c> and declares the result.</summary>
    public static void Assign(CLCodeGenerator generator, Value call, string expression)
    {
        VariableAllocator.Variable target = generator.Allocate(call);
        generator.Declare(target);
        Statement(generator, $"{target} = {expression}");
    }

    /// <summary>Writes one statement, or a block without its final semicolon.</summary>
    public static void Statement(CLCodeGenerator generator, string text)
    {
        using CLCodeGenerator.StatementEmitter statement = generator.BeginStatement((RawString)text);
    }
}
