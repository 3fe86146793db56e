{
    // VectorRow.ClearCore
    global float* target = var0;
    const int count = var1;
    for (int i = 0; i < count; i++) target[i] = 0.0f;
}
