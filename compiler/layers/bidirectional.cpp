// Bidirectional (Schuster & Paliwal; keras.layers.Bidirectional): a layer forwards and one backwards in time, merged.
#include <fmt/format.h>

#include "compiler/layers/read_arguments.h"
#include "compiler/layers/rnn.h"
#include "keratin/layers/bidirectional.h"

namespace keratin {

namespace {

class Bidirectional : public Layer {
 public:
  bool takes_argument(std::string_view argument) const override { return argument == "initial_state" || Layer::takes_argument(argument); }
  void configure(ConfigReader& config) override {
    layers::BidirectionalArguments arguments;
    read_arguments(config, arguments);
    merge_mode_ = arguments.merge_mode ? config.choice("merge_mode", "concat", {"concat", "sum", "mul", "ave"}) : "none";
    config.ignore({"weights", "stateful", "return_sequences", "return_state"});
    std::shared_ptr<Layer> forward = config.layer("layer"), backward;
    // Keras 2 stores the forward layer alone; the other one is the same, run the other way.
    const bool both = !config.raw("backward_layer").is_null();
    backward = both ? config.layer("backward_layer") : config.layer("layer");
    if (!forward || !backward) return;
    auto* f = dynamic_cast<RnnLayer*>(forward.get());
    auto* b = dynamic_cast<RnnLayer*>(backward.get());
    if (!f || !b) return config.fail("layer", fmt::format("{} is no recurrent layer", f ? backward->class_name : forward->class_name));
    const std::string inner = forward->name;
    if (!both) b->arguments.go_backwards = !f->arguments.go_backwards;
    // Keras names the copy it makes; a backward layer of the user's own keeps its name.
    if (!forward->name.starts_with("forward_")) forward->name = "forward_" + inner;
    if (!both) backward->name = "backward_" + inner;
    f->arguments.zero_output_for_mask = b->arguments.zero_output_for_mask = f->arguments.return_sequences;
    children = {{"forward_layer", forward}, {"backward_layer", backward}};
  }

  KTensors call(CallContext& ctx, const CallInputs& inputs) override {
    const RnnArguments& arguments = static_cast<RnnLayer&>(*children[0].layer).arguments;
    const KTensors tensors = inputs.tensors();
    if (tensors.empty()) return ctx.fail("takes a sequence");
    KTensors states(tensors.begin() + 1, tensors.end());
    if (const CallValue* given = inputs.find(1, "initial_state"))
      for (const KTensor& state : given->flatten()) states.push_back(state);
    if (states.size() % 2 != 0) return ctx.fail(fmt::format("initial_state: {} states do not divide into forward and backward ones", states.size()));
    const auto run = [&](size_t side) {
      CallInputs own;
      own.args.push_back({tensors[0]});
      CallValue::List list;
      for (size_t i = 0; i < states.size() / 2; ++i) list.push_back({states[side * states.size() / 2 + i]});
      if (!list.empty()) own.kwargs.emplace_back("initial_state", CallValue{std::move(list)});
      for (const char* argument : {"mask", "training"})
        if (const CallValue* value = inputs.find(argument)) own.kwargs.emplace_back(argument, *value);
      return ctx.call_child(*children[side].layer, own);
    };
    const KTensors forward = run(0), backward = run(1);
    if (forward[0].value.poisoned() || backward[0].value.poisoned()) return KTensors(8);
    const Val a = forward[0].value, b = arguments.return_sequences ? ctx.b.reverse(backward[0].value, {1}) : backward[0].value;
    const Val mask = forward[0].mask;
    KTensors outputs;
    if (merge_mode_ == "none") outputs = {{a, mask}, {b, mask}};
    else outputs = {{merged(ctx, a, b), mask}};
    for (const KTensors* side : {&forward, &backward})
      for (size_t i = 1; arguments.return_state && i < side->size(); ++i) outputs.push_back((*side)[i]);
    return outputs;
  }

  std::string describe() const override { return fmt::format("Bidirectional({})", children[0].layer->describe()); }

 private:
  Val merged(CallContext& ctx, Val a, Val b) const {
    if (merge_mode_ == "sum") return a + b;
    if (merge_mode_ == "mul") return a * b;
    if (merge_mode_ == "ave") return (a + b) / 2;
    return ctx.b.concatenate({a, b}, -1);
  }

  std::string merge_mode_;
};

}  // namespace

const LayerDefinition& layer_Bidirectional() {
  static const LayerDefinition definition{.name = "Bidirectional", .aliases = {}, .create = create_layer<Bidirectional>};
  return definition;
}

}  // namespace keratin
