using ILGPU.Backends.PTX;
using ILGPU.IR;

namespace AttentionKernels.CodeGeneration;

/// <summary>What the PTX bodies of the intrinsics share: operands as registers, results allocated, commands written.</summary>
internal static class PtxText
{
    /// <summary>Writes <c>command result, operands…;</c> and allocates the result's register.</summary>
    public static void Assign(PTXCodeGenerator generator, Value call, string command, params ReadOnlySpan<Value> operands)
    {
        var registers = new PTXRegisterAllocator.HardwareRegister[operands.Length];
        for (int index = 0; index < operands.Length; index++)
            registers[index] = generator.EnsureHardwareRegister(generator.LoadPrimitive(operands[index]));
        using PTXCodeGenerator.CommandEmitter emitter = generator.BeginCommand(command);
        emitter.AppendArgument(generator.AllocateHardware(call));
        foreach (PTXRegisterAllocator.HardwareRegister register in registers)
            emitter.AppendArgument(register);
    }

    /// <summary>
    /// Writes a block of commands that computes a result from one operand. In <paramref name="body"/>, <c>$result</c> and
    /// <c>$operand</c> stand for the two registers; registers that the block declares are its own.
    /// </summary>
    public static void AssignBlock(PTXCodeGenerator generator, Value call, string body)
    {
        string operand = Name(generator.EnsureHardwareRegister(generator.LoadPrimitive(call[0])));
        string result = Name(generator.AllocateHardware(call));
        generator.Builder.AppendLine("\t{")
            .AppendLine(body.Replace("$operand", operand, StringComparison.Ordinal).Replace("$result", result, StringComparison.Ordinal))
            .AppendLine("\t}");
    }

    private static string Name(PTXRegisterAllocator.HardwareRegister register) => "%" + PTXRegisterAllocator.GetStringRepresentation(register);
}
